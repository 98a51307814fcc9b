/** The facts of a sentence that must not change on the way: names and negations; numbers are in `retrieval/shared-words`. */

/**
 * Names that a sentence writes: words with a capital that is not owed to the sentence's beginning. The first word counts where the source
 * does not know it in small letters and it reads like no other kind of word.
 *
 * @param known words of the source in small letters
 */
export function namesOf(sentence: string, known: ReadonlySet<string>): string[] {
  const words = [...sentence.matchAll(/[\p{L}\p{M}][\p{L}\p{M}\p{N}'\u2019]*/gu)].map(({ 0: word, index }) => ({
    word,
    index,
  }))
  return words
    .filter(({ word, index }, place) => {
      if (!/^\p{Lu}/u.test(word) || (word.length === 1 && place > 0 && word === 'I')) return false
      if (place > 0 && !/[.!?:"\u201c(\u00ab]\s*$/.test(sentence.slice(0, index))) return true
      const next = words[place + 1]?.word ?? ''
      if (/^\p{Lu}/u.test(next) && !openers.has(word.toLowerCase())) return true
      return looksLikeName(word, sentence.slice(index + word.length)) && !known.has(word.toLowerCase())
    })
    .map(({ word }) => word.replace(/['\u2019]s$/, ''))
}

/** Words that begin sentences and name nothing. */
const openers = new Set(
  'the a an this that these those it its he she they we you i his her their our your my in on at by for from with of to as if when while after before since because although though however also but and or so then there here one two some many most all each every both no not other another such what who how why where which about over under during through despite both today now later first finally overall according between among once until unlike like'.split(
    ' ',
  ),
)

function looksLikeName(word: string, behind: string): boolean {
  return (
    word.length > 2 && !openers.has(word.toLowerCase()) && !/(?:s|ly|ing|ed)$/.test(word) && !behind.startsWith(',')
  )
}

const negations = new Set(
  'not no never none nor neither without cannot nobody nothing nicht kein keine keinen keiner nie niemals ohne weder ne pas jamais sans nunca ninguna non senza mai'.split(
    ' ',
  ),
)

export function deniesSomething(text: string): boolean {
  const words = text.toLowerCase().match(/[\p{L}\p{M}]+(?:['\u2019][\p{L}]+)?/gu) ?? []
  return words.some((word) => negations.has(word) || /n['\u2019]t$/.test(word))
}

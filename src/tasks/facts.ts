/** The facts of a sentence that must not change on the way: names, negations and directions; numbers are in `retrieval/shared-words`. */

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

/** Negations that say when: "not open before spring" denies nothing that "closed until spring" does not say. */
const notUntil = /\b(?:not|never|n['\u2019]t)\b(?=[^.;]*\b(?:until|before)\b)/g

export function deniesSomething(text: string): boolean {
  const words =
    text
      .toLowerCase()
      .replaceAll(notUntil, '')
      .match(/[\p{L}\p{M}]+(?:['\u2019][\p{L}]+)?/gu) ?? []
  return words.some((word) => negations.has(word) || /n['\u2019]t$/.test(word))
}

/** English words that say the opposite of each other about the same thing. */
const opposites = (
  [
    [
      'rise rises rose risen rising grow grows grew grown growing increase increases increased increasing climb climbs climbed gain gains gained double doubles doubled',
      'fall falls fell fallen falling drop drops dropped decline declines declined decrease decreases decreased decreasing shrink shrinks shrank shrunk halve halves halved fewer less',
    ],
    ['profit profits', 'loss losses'],
    ['win wins won', 'lose loses lost'],
    ['succeed succeeds succeeded success successful', 'fail fails failed failure'],
    ['open opens opened reopen reopens reopened', 'close closes closed shut shuts'],
    [
      'allow allows allowed permit permits permitted legal',
      'ban bans banned forbid forbids forbidden prohibit prohibits prohibited illegal',
    ],
    [
      'accept accepts accepted approve approves approved welcome welcomes welcomed praise praises praised encourage encourages encouraged',
      'refuse refuses refused reject rejects rejected fear fears feared criticise criticises criticised criticize criticizes criticized mock mocks mocked discourage discouraged',
    ],
    ['faster quicker', 'slower'],
    ['cheaper', 'dearer'],
    ['safe safer', 'dangerous unsafe'],
    ['largest biggest highest best oldest', 'smallest lowest worst youngest newest'],
  ] as const
).map((poles) => poles.map((words) => new Set<string>(words.split(' '))))

/** A word of a sentence whose opposite stands in the source, while neither it nor its like does. */
export function opposedWord(sentence: string, source: string): string | undefined {
  const own = plainWords(sentence)
  const others = plainWords(source)
  const has = (words: readonly string[], pole: ReadonlySet<string>): boolean => words.some((word) => pole.has(word))
  for (const poles of opposites) {
    for (const [pole, opposite] of [poles, poles.toReversed()]) {
      if (has(own, opposite) || has(others, pole) || !has(others, opposite)) continue
      const word = own.find((one) => pole.has(one))
      if (word !== undefined) return word
    }
  }
  return undefined
}

const plainWords = (text: string): readonly string[] => text.toLowerCase().match(/\p{L}+/gu) ?? []

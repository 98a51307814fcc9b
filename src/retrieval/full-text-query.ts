/**
 * What people type as a query of full-text search. A query is made of words alone, each quoted, so that nothing in a text can be an
 * operator; scripts without spaces become overlapping pairs of characters, in the index and in the query alike.
 */

/** Words that nearly every passage has: left out where others remain. */
const common = new Set(
  'a an the of to in on at by for from with and or as is are was were be been it its this that these those what which who how do does did can could i you we they'.split(
    ' ',
  ),
)

/** Distinct words that a query may have; the rest of a very long text adds little and costs time. */
const mostQueryWords = 128

const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30fc\p{M}]+/gu

/** The words that a text is searched by, each quoted; any of them, joined by OR, makes a match. None where a text has no words. */
export function fullTextTerms(text: string): string[] {
  const plain = text.normalize('NFKC').toLowerCase()
  const words = [...new Set(plain.replaceAll(unspaced, ' ').match(/[\p{L}\p{M}\p{N}_]+/gu))]
    // A word of nothing but joining signs is none to the index.
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
  const rare = words.filter((word) => !common.has(word))
  const terms = (rare.length > 0 ? rare : words).map((word) => `"${word}"`)
  const grams = [...new Set(characterPairs(plain).split(' '))].filter((gram) => gram !== '').map((gram) => `"${gram}"`)
  return [...terms, ...grams].slice(0, mostQueryWords)
}

/** Of each run of a script without spaces, its overlapping pairs of characters, parted by spaces; a single character stands alone. */
export function characterPairs(text: string): string {
  const pairs: string[] = []
  for (const [run] of text.normalize('NFKC').matchAll(unspaced)) {
    const characters = run.match(/\P{M}\p{M}*/gu) ?? []
    if (characters.length === 1) pairs.push(characters[0])
    for (let at = 0; at + 1 < characters.length; at++) pairs.push(characters[at] + characters[at + 1])
  }
  return pairs.join(' ')
}

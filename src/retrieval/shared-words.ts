/** What two sentences have in common: words by their stems, and numbers by their values. */

/** Words that say nothing about what a sentence is about. */
const functionWords = new Set(
  'the and that this these those with from for into onto upon are was were has have had been being its their they them then than there which while when where what who whom whose will would shall should can could may might must not but also each any all both such same other more most some only very does did done just about over under between after before during through because however therefore thus hence our your his her she him you per via'.split(
    ' ',
  ),
)

/** Letters of a word that tell it from others; endings are cut off. */
const stemLength = 6

/** The stems of a sentence's words; of scripts without spaces, pairs of characters. */
export function wordsOf(text: string): Set<string> {
  const stems = new Set<string>()
  for (const [word] of text
    .normalize('NFKC')
    .toLowerCase()
    .matchAll(/[\p{L}\p{M}\p{N}_]+/gu)) {
    if (unspaced.test(word)) for (let at = 0; at + 1 < word.length; at++) stems.add(word.slice(at, at + 2))
    else if (word.length > 2 && !functionWords.has(word)) stems.add(stemOf(word))
  }
  return stems
}

/** Share of the words that also stand in a text, 0 to 1. */
export function sharedWords(words: ReadonlySet<string>, text: string): number {
  const others = wordsOf(text)
  return words.size === 0 ? 0 : [...words].filter((word) => others.has(word)).length / words.size
}

/** The numbers that a text writes with digits, in one notation: without signs of grouping and leading zeros. */
export function numbersOf(text: string): Set<string> {
  const found = text.normalize('NFKC').matchAll(/\d+(?:[.,]\d+)*/g)
  return new Set([...found].map(([number]) => plainNumber(number)))
}

const spelledOut = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ')

/** The numbers that a text spells out, from two (one is mostly none) to twelve, as digits. */
export function spelledNumbersOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? []
  return new Set(
    words
      .map((word) => spelledOut.indexOf(word))
      .filter((value) => value > 1)
      .map(String),
  )
}

function plainNumber(number: string): string {
  return number.replaceAll(/,(?=\d{3}(?:\D|$))/g, '').replace(/^0+(?=\d)/, '')
}

const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u

function stemOf(word: string): string {
  return word.replace(/(?:ies|es|s|ed|ing|ly)$/, '').slice(0, stemLength)
}

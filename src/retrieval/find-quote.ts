/** Where a quote stands in a text: word for word after folding, with parts left out where it says so, or nearly. */
import { type FoldedText, foldText, sourceRange, withoutMarkup } from './folded-text.ts'

export interface FoundQuote {
  /** Place in the text, UTF-16 units, `end` exclusive. */
  readonly start: number
  readonly end: number
  readonly state: 'verified' | 'near'
}

/** A quote that is not found whole has to have so much of its length in one run. */
const leastRun = 0.8

/** The place of a quote in a text; undefined where it does not stand there, or quotes nothing. */
export function findQuote(quote: string, text: string): FoundQuote | undefined {
  const sought = bareQuote(foldText(quote).text)
  if (!/[\p{L}\p{N}]/u.test(sought)) return undefined
  const folded = foldText(text)
  const whole = findWhole(sought, folded) ?? findParts(sought, folded)
  if (whole !== undefined) return { ...sourceRange(folded, whole.start, whole.end), state: 'verified' }

  const plain = withoutMarkup(folded)
  const plainSought = bareQuote(sought.replaceAll(/[*_`]/g, ''))
  const near = findWhole(plainSought, plain) ?? findParts(plainSought, plain) ?? findNear(plainSought, plain)
  return near && { ...sourceRange(plain, near.start, near.end), state: 'near' }
}

interface Range {
  readonly start: number
  readonly end: number
}

/** Without quotation marks around it, dots of omission at its ends, and the stop that the quoting sentence may have added. */
function bareQuote(quote: string): string {
  return quote
    .trim()
    .replace(/^(?:["'\s]|\.\.\.)+/, '')
    .replace(/(?:["'\s.,;:!?\u3002\uff0c])+$/u, '')
}

function findWhole(sought: string, { text }: FoldedText, from = 0): Range | undefined {
  if (sought === '') return undefined
  for (let at = text.indexOf(sought, from); at >= 0; at = text.indexOf(sought, at + 1)) {
    if (!cutsWord(text, at) && !cutsWord(text, at + sought.length)) return { start: at, end: at + sought.length }
  }
  return undefined
}

/** Whether a place is inside a word or a number: "12" does not stand in "1200" nor "5" in "3.5". Scripts without spaces have no such places. */
function cutsWord(text: string, place: number): boolean {
  if (place <= 0 || place >= text.length) return false
  const before = text.slice(0, place)
  const behind = text.slice(place)
  if (/[\d][.,]?$/.test(before) && /^[.,]?\d/.test(behind)) return true
  return spaced.test(before.at(-1) ?? '') && spaced.test(behind[0])
}

const spaced =
  /[\p{N}\p{M}]|(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}])\p{L}/u

/** Characters that one omission may leave out. */
const longestOmission = 400

/** Parts between dots of omission, in their order and near each other; what they leave out may not deny them. */
function findParts(sought: string, folded: FoldedText): Range | undefined {
  const parts = sought.split(/\s*(?:\[\s*\.\.\.\s*\]|\(\s*\.\.\.\s*\)|\.\.\.)\s*/).filter((part) => part !== '')
  if (parts.length < 2 || parts.some((part) => !/[\p{L}\p{N}]/u.test(part))) return undefined
  for (let first = findWhole(parts[0], folded); first; first = findWhole(parts[0], folded, first.start + 1)) {
    let last: Range | undefined = first
    for (const part of parts.slice(1)) {
      const from: number = last.end
      last = findWhole(part, folded, from)
      if (last === undefined) return undefined
      const left = folded.text.slice(from, last.start)
      if (left.length <= longestOmission && negationsOf(left) === 0) continue
      last = undefined
      break
    }
    if (last !== undefined) return { start: first.start, end: last.end }
  }
  return undefined
}

/**
 * A run of at least four fifths of the quote; the rest may be lost or reordered, but adds no word, changes no number and loses no
 * negation. Such a run always covers the quote's middle three fifths, so looking for those finds all of them.
 */
function findNear(sought: string, { text }: FoldedText): Range | undefined {
  const from = Math.ceil(sought.length * (1 - leastRun))
  const upTo = Math.floor(sought.length * leastRun)
  const middle = sought.slice(from, upTo)
  if (middle.length < 4) return undefined
  for (let at = text.indexOf(middle); at >= 0; at = text.indexOf(middle, at + 1)) {
    let before = 0
    while (before < from && at - before > 0 && sought[from - before - 1] === text[at - before - 1]) before++
    let behind = 0
    const end = at + middle.length
    while (
      upTo + behind < sought.length &&
      end + behind < text.length &&
      sought[upTo + behind] === text[end + behind]
    ) {
      behind++
    }
    if (before + middle.length + behind < sought.length * leastRun) continue
    const run = { start: at - before, end: end + behind }
    if (restStands(sought, text, { start: from - before, end: upTo + behind }, run)) return run
  }
  return undefined
}

/** Whether the words of the quote outside the run stand around the run in the text. */
function restStands(sought: string, text: string, inQuote: Range, inText: Range): boolean {
  const quoteWords = wordsAround(sought, inQuote, sought.length)
  // What was lost or moved stands close by: as far away again as the rest is long, and a few words.
  const reach = 2 * (sought.length - (inQuote.end - inQuote.start)) + 24
  const textWords = wordsAround(text, inText, reach)
  const known = new Set(textWords.words)
  const first = /[\p{L}\p{N}]+/u.exec(sought)?.[0]
  const added = quoteWords.words.filter(
    (word) => !known.has(word) && !(word === first && textWords.words.some((other) => sameButFirst(word, other))),
  )
  if (added.length > 0) return false
  const nearest = wordsAround(text, inText, sought.length - (inQuote.end - inQuote.start))
  return negationsOf(quoteWords.text) >= negationsOf(nearest.text) || negationsOf(nearest.text) === 0
}

/** A sentence's first word gets a capital, or loses it, when it is quoted. */
function sameButFirst(word: string, other: string): boolean {
  return word.slice(1) === other.slice(1) && word[0].toLowerCase() === other[0].toLowerCase()
}

/** The words that begin or end outside a range and stand within reach of it, whole. */
function wordsAround(text: string, { start, end }: Range, reach: number): { words: string[]; text: string } {
  const from = Math.max(0, start - reach)
  const upTo = Math.min(text.length, end + reach)
  const words: string[] = []
  const outside: string[] = []
  for (const { 0: word, index } of text.slice(Math.max(0, from - 40), upTo + 40).matchAll(wordPattern)) {
    const at = index + Math.max(0, from - 40)
    if (at + word.length <= from || at >= upTo || (at >= start && at + word.length <= end)) continue
    words.push(word)
    outside.push(word)
  }
  return { words, text: outside.join(' ') }
}

const wordPattern = /\p{N}+(?:[.,]\p{N}+)*|[\p{L}\p{M}\p{N}']+/gu

/** Words that turn a statement into its opposite, in the languages that Ostro is tested with. */
const negations = new Set(
  'not no never none nor neither without cannot except unless nicht kein keine keinen keiner nie niemals ohne weder ne pas jamais sans sin nunca ningun ninguna non senza mai'.split(
    ' ',
  ),
)

function negationsOf(text: string): number {
  const words = text.toLowerCase().match(wordPattern) ?? []
  const han = text.match(/[\u4e0d\u6ca1\u65e0\u672a]|\u306a\u3044|\u305b\u3093/g) ?? []
  return words.filter((word) => negations.has(word) || word.endsWith("n't")).length + han.length
}

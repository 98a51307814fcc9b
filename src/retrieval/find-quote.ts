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
  const before = text.slice(Math.max(0, place - 2), place)
  const behind = text.slice(place, place + 2)
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
 * A run of at least four fifths of the quote, from whose ends the rest goes on with words lost, but none added but articles, and no
 * negation lost. Such a run always covers the quote's middle three fifths, so looking for those finds all of them.
 */
function findNear(sought: string, { text }: FoldedText): Range | undefined {
  const from = Math.ceil(sought.length * (1 - leastRun))
  const upTo = Math.floor(sought.length * leastRun)
  const middle = sought.slice(from, upTo)
  if (middle.length < 4) return undefined
  let refused = 0
  for (let at = text.indexOf(middle); at >= 0; at = text.indexOf(middle, at + 1)) {
    let start = from
    let textStart = at
    while (start > 0 && textStart > 0 && sought[start - 1] === text[textStart - 1]) {
      start--
      textStart--
    }
    let end = upTo
    let textEnd = at + middle.length
    while (end < sought.length && textEnd < text.length && sought[end] === text[textEnd]) {
      end++
      textEnd++
    }
    if (end - start < sought.length * leastRun) continue
    if (cutsWord(text, textStart) && !cutsWord(sought, start)) continue
    if (cutsWord(text, textEnd) && !cutsWord(sought, end)) continue
    const around = sentenceAround(text, { start: textStart, end: textEnd })
    const before = followRest(wordsBefore(sought, start), wordsBefore(around.text, around.start))
    const behind = followRest(wordsBehind(sought, end), wordsBehind(around.text, around.end))
    if (before && behind) return { start: textStart, end: textEnd }
    // A text that repeats itself without end is no source.
    if (++refused >= mostRefused) return undefined
  }
  return undefined
}

/** Words of the text that a quote may leave out in one place. */
const mostLost = 3
const articles = new Set(['the', 'a', 'an'])

/**
 * Whether the words of the quote, outwards from the run, are met in the text in that order. Behind a lost word two have to be met: one
 * alone may as well have been put in its place.
 */
function followRest(quoted: readonly string[], words: readonly string[]): boolean {
  let place = 0
  return quoted.every((word, index) => {
    // A sentence's first word gets a capital, or loses it, when it is quoted.
    const same = (other: string): boolean =>
      other === word || (index === quoted.length - 1 && other.toLowerCase() === word.toLowerCase())
    const ahead = words.slice(place, place + mostLost + 1).findIndex(same)
    if (ahead < 0) return articles.has(word.toLowerCase())
    const lost = words.slice(place, place + ahead)
    place += ahead + 1
    if (lost.length === 0) return true
    return negationsOf(lost.join(' ')) === 0 && index + 1 < quoted.length && quoted[index + 1] === words[place]
  })
}

/** Characters around a place that are looked at: more than the rest of a quote can need. */
const reach = 1000
/** Places where enough of the quote stands, but its rest does not. */
const mostRefused = 100

/** Words that begin before a place, the nearest first; a word that the place cuts is among them, whole. */
function wordsBefore(text: string, place: number): string[] {
  const words = wordsFrom(text, Math.max(0, place - reach), place)
  return words.flatMap(({ word, at }) => (at < place ? [word] : [])).toReversed()
}

/** Words that end behind a place, the nearest first; a word that the place cuts is among them, whole. */
function wordsBehind(text: string, place: number): string[] {
  const words = wordsFrom(text, Math.max(0, place - reach), place)
  return words.flatMap(({ word, at }) => (at + word.length > place ? [word] : []))
}

function wordsFrom(text: string, from: number, place: number): { readonly word: string; readonly at: number }[] {
  return [...text.slice(from, place + reach).matchAll(wordPattern)].map(({ 0: word, index }) => ({
    word,
    at: from + index,
  }))
}

/** A range with what is before and behind it in its sentence, so that a quote's rest is not looked for in another one. */
function sentenceAround(text: string, { start, end }: Range): Range & { readonly text: string } {
  const before = text.slice(Math.max(0, start - reach), start).replace(/^[^]*[.!?]\s/, '')
  const behind = text.slice(end, end + reach).replace(/[.!?]\s[^]*$/, '')
  const inside = text.slice(start, end)
  return { text: before + inside + behind, start: before.length, end: before.length + inside.length }
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

/** A request as a source of values: where words begin, which numbers stand where, and which parts a call has taken already. */
import { bytesText, smallLetters } from './place.ts'

export interface RequestValues {
  /** One character per byte, spaces joined. */
  readonly text: string
  /** The same in small letters, underscores and hyphens as spaces: choices are words that a request writes in other ways. */
  readonly plain: string
  /** Where a text could begin that is copied from the request. */
  readonly starts: readonly number[]
  readonly numbers: readonly WrittenNumber[]
}

export interface WrittenNumber {
  readonly start: number
  readonly end: number
  /** Ways to write it as a number: 2 million is 2000000, 5 % is 0.05 or 5. */
  readonly forms: readonly string[]
}

/** Parts of a request, each from its start to before its end. */
export type Spans = readonly (readonly [start: number, end: number])[]

/** Words in small letters with which no value begins. */
const joining =
  /^(?:a|an|and|are|as|at|by|can|do|does|for|from|how|if|in|into|is|it|me|my|of|on|or|that|to|was|what|when|where|which|who|with|you)\b/

export function readRequest(request: string): RequestValues {
  const text = bytesText(request.trim().replaceAll(/\s+/g, ' '))
  const starts = [...text.matchAll(/[^\s,.;:!?'")\]]/g)]
    .map(({ index }) => index)
    .filter((at) => !isWithinWord(text, at) && !joining.test(text.slice(at, at + 8)))
  return { text, plain: plainText(text), starts, numbers: numbersOf(text) }
}

/** As texts are compared. */
export function plainText(text: string): string {
  return smallLetters(text).replaceAll(/[_-]/g, ' ')
}

export function isTaken(taken: Spans, at: number): boolean {
  return taken.some(([start, end]) => at >= start && at < end)
}

export function freeNumbers({ numbers }: RequestValues, taken: Spans): readonly WrittenNumber[] {
  return numbers.filter(({ start }) => !isTaken(taken, start))
}

/** Letters and digits; bytes beyond ASCII belong to letters. */
export function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\w\u0080-\u00ff]/.test(character) && character !== '_'
}

/** Whether a place parts a word. */
export function isWithinWord(text: string, at: number): boolean {
  return isWordCharacter(text[at - 1]) && isWordCharacter(text[at])
}

/** The words of a text by their first five letters, which most of their forms share. */
export function wordStems(text: string): ReadonlySet<string> {
  const words = text.replaceAll(/([a-z])([A-Z])/g, '$1 $2').match(/[A-Za-z]{3,}/g) ?? []
  return new Set(words.map((word) => word.toLowerCase().slice(0, 5)))
}

const numberWords: ReadonlyMap<string, number> = new Map([
  ...'zero one two three four five six seven eight nine ten eleven twelve'
    .split(' ')
    .map((word, index) => [word, index] as const),
  ['fifteen', 15],
  ['twenty', 20],
  ['thirty', 30],
  ['forty', 40],
  ['fifty', 50],
  ['sixty', 60],
  ['hundred', 100],
  ['dozen', 12],
  ['half', 0.5],
  ['once', 1],
  ['twice', 2],
  ['double', 2],
])

const scales: readonly (readonly [unit: RegExp, factor: number])[] = [
  [/^\s*million/i, 1e6],
  [/^\s*billion/i, 1e9],
  [/^\s*thousand/i, 1e3],
]

/** Letters may be units of something else: 5K, 300K. */
const scaleLetters: ReadonlyMap<string, number> = new Map([
  ['k', 1e3],
  ['K', 1e3],
  ['M', 1e6],
  ['B', 1e9],
])

/** Digits, alone or behind letters (`v2`), or a word. */
const anyNumber = /(?<![A-Za-z_\d.])-?\d+(?:\.\d+)?(?:e-?\d+)?|(?<=[A-Za-z_])\d+|[A-Za-z]+/g

function numbersOf(text: string): WrittenNumber[] {
  return [...text.matchAll(anyNumber)].flatMap(({ 0: written, index: start }) => {
    const end = start + written.length
    const value = numberWords.get(written.toLowerCase()) ?? (/\d/.test(written) ? Number(written) : undefined)
    if (value === undefined) return []
    const rest = text.slice(end, end + 12)
    if (/^\s*(?:%|per ?cent)/i.test(rest)) return [{ start, end, forms: [String(share(value)), String(value)] }]
    const scaled = scales.filter(([unit]) => unit.test(rest)).map(([, factor]) => value * factor)
    if (scaled.length > 0) return [{ start, end, forms: scaled.map(String) }]
    const [, letter = ''] = /^([A-Za-z])\b/.exec(rest) ?? []
    const lettered = scaleLetters.has(letter) ? [value * (scaleLetters.get(letter) ?? 1)] : []
    const all = [...(/\d/.test(written) ? [written] : []), ...[value, Math.abs(value), ...lettered].map(String)]
    return [{ start, end, forms: [...new Set(all)] }]
  })
}

/** Without the digits that binary fractions add. */
function share(perCent: number): number {
  return Number((perCent / 100).toPrecision(12))
}

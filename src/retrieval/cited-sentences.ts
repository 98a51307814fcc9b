/** The sentences of an answer, and which sources each names. */
import { sentencesOf } from './sentences.ts'

export interface CitedSentence {
  /** As it stands in the answer, markers included. */
  readonly text: string
  /** Its place in the answer, UTF-16 units, `end` exclusive. */
  readonly start: number
  readonly end: number
  /** The text without its markers and without a list's bullet or number. */
  readonly claim: string
  /** The numbers in its markers, each once, in their order. */
  readonly sources: readonly number[]
}

/** `[1]`, `[1, 2]`; also in the brackets of Chinese and Japanese text, as models write them. */
const marker = /(?:\[|【)\s*\d{1,9}(?:\s*[,;]\s*\d{1,9})*\s*(?:\]|】)(?!\()/g
const bullet = /^\s*(?:[-*+\u2022]|\d{1,3}[.)])\s+/

/** Sentences that claim something: headings and lines that announce what follows are left out. */
export function readSentences(answer: string): CitedSentence[] {
  const markers = [...answer.matchAll(marker)].map(({ 0: text, index }) => ({
    start: index,
    end: index + text.length,
    numbers: [...text.matchAll(/\d+/g)].map(([digits]) => Number(digits)),
  }))
  const covered = answer.replaceAll(marker, (text) => ' '.repeat(text.length))
  const spans = linesOf(covered).flatMap((line) => sentencesOf(covered, line))
  // What stands before the first sentence belongs to it; a marker behind a full stop to the sentence that it ends.
  const ownerOf = (place: number): number => {
    const before = spans.findLastIndex(({ start }) => start <= place)
    if (before < 0) return 0
    const inside = place < spans[before].end
    return !inside && startsNext(answer, place, spans[before].end) ? before + 1 : before
  }
  const sources = spans.map(() => new Set<number>())
  const ends = spans.map(({ end }) => end)
  const starts = spans.map(({ start }) => start)
  for (const { start, end, numbers } of markers) {
    const owner = Math.min(ownerOf(start), spans.length - 1)
    if (owner < 0) continue
    numbers.forEach((n) => sources[owner].add(n))
    ends[owner] = Math.max(ends[owner], end)
    starts[owner] = Math.min(starts[owner], start)
  }
  return spans
    .map(({ start, end }, index): CitedSentence => {
      const claim = covered.slice(start, end).replace(bullet, '').replaceAll(/\s+/g, ' ').trim()
      const place = { start: starts[index], end: ends[index] }
      return { ...place, text: answer.slice(place.start, place.end), claim, sources: [...sources[index]] }
    })
    .filter(({ claim, sources: named }) => named.length > 0 || isClaim(claim))
}

function isClaim(claim: string): boolean {
  return /[\p{L}\p{N}]/u.test(claim) && !/^#{1,6}\s/.test(claim) && !claim.endsWith(':')
}

/** Whether a marker after a sentence's end begins a line or a sentence: "... high. [2] says" or a marker on a line of its own. */
function startsNext(answer: string, place: number, sentenceEnd: number): boolean {
  const between = answer.slice(sentenceEnd, place)
  if (/\n/.test(between)) return true
  const behind = answer.slice(place).replace(/^(?:(?:\[|【)[\d\s,;]+(?:\]|】)\s*)+/, '')
  return /^\s+$/.test(between) && /^\p{Ll}/u.test(behind)
}

/** List items are sentences of their own although only a line break parts them. */
function linesOf(text: string): { start: number; end: number }[] {
  const borders = [...text.matchAll(/\n(?=\s*(?:[-*+\u2022]|\d{1,3}[.)]|#{1,6})\s)|(?<=^#{1,6}\s.*)\n/gm)]
  const starts = [0, ...borders.map(({ index }) => index + 1)]
  return starts.map((start, index) => ({ start, end: (starts[index + 1] ?? text.length + 1) - 1 }))
}

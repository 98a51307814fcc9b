/** Where in a text the values of a record stand: every text, number and truth value that was read out, by its path. */
import { findQuote } from '../retrieval/find-quote.ts'
import type { Span } from '../retrieval/sentences.ts'
import type { JsonValue } from '../util/json.ts'

export interface ValueSpan {
  /** Names and indices down to the value, such as `address.city` or `tags.0`. */
  readonly path: string
  /** Its place in the text, UTF-16 units, `end` exclusive; undefined where it does not stand there: the model has inferred it. */
  readonly span: Span | undefined
  readonly inferred: boolean
}

/** Spans of all values but null. @param within part of the text that the record was read out of: looked at first */
export function findValueSpans(record: JsonValue, text: string, within: Span): ValueSpan[] {
  return leavesOf(record, '').map(({ path, value }) => {
    const span = findValue(value, text, within) ?? findValue(value, text, { start: 0, end: text.length })
    return { path, span, inferred: span === undefined }
  })
}

/** All values but null, with their paths. */
export function leavesOf(value: JsonValue, path: string): { path: string; value: string | number | boolean }[] {
  if (value === null) return []
  if (typeof value !== 'object') return [{ path, value }]
  const below = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return below.flatMap(([name, inner]) => leavesOf(inner as JsonValue, path === '' ? String(name) : `${path}.${name}`))
}

/** Truth values never stand in a text; numbers may be written with signs of grouping. */
function findValue(value: string | number | boolean, text: string, { start, end }: Span): Span | undefined {
  if (typeof value === 'boolean') return undefined
  const part = text.slice(start, end)
  const found = typeof value === 'number' ? findNumber(value, part) : findText(value, part)
  return found && { start: start + found.start, end: start + found.end }
}

function findText(value: string, part: string): Span | undefined {
  const found = findQuote(value, part)
  if (found?.state === 'verified') return { start: found.start, end: found.end }
  // Models change capitals: "ada holm" of a heading in capitals.
  const folded = findQuote(value.toLowerCase(), part.toLowerCase())
  const sameLength = part.toLowerCase().length === part.length
  return folded?.state === 'verified' && sameLength ? { start: folded.start, end: folded.end } : undefined
}

function findNumber(value: number, part: string): Span | undefined {
  for (const { 0: written, index } of part.matchAll(/[-\u2212]?\d+(?:[.,\u2009\u202f' ]\d{3})*(?:[.,]\d+)?/g)) {
    const readings = readingsOf(written)
    if (readings.includes(value)) return { start: index, end: index + written.length }
  }
  return undefined
}

/** The values that a written number may have: "1.250" is one thousand or one, by who writes it. */
function readingsOf(written: string): number[] {
  const plain = written.replace('\u2212', '-').replaceAll(/[\u2009\u202f' ]/g, '')
  return [plain.replaceAll(',', ''), plain.replaceAll('.', '').replace(',', '.'), plain.replaceAll(/[.,]/g, '')].map(
    Number,
  )
}

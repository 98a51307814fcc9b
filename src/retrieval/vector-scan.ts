/**
 * Search by meaning: all vectors as bytes with one scale each, compared with the query one by one. Exact but for the bytes' rounding;
 * whoever needs the rest scores the best again with the vectors as they were.
 */
import { OstroError } from '../util/error.ts'
import { compileScan, mostPages } from './vector-scan-kernel.ts'

/** A vector as bytes: value i is about `codes[i] * scale`. */
export interface ByteVector {
  readonly codes: Int8Array
  readonly scale: number
}

export interface VectorScan {
  readonly rows: number
  /** Sets a row. */
  readonly set: (row: number, vector: ByteVector) => void
  /** The rows with the greatest products with the query, best first; of equal ones the lower row. */
  readonly best: (query: Float32Array, limit: number) => ScoredRow[]
}

export interface ScoredRow {
  readonly row: number
  readonly score: number
}

/** Rounds to bytes, the greatest magnitude to 127. */
export function encodeBytes(vector: Float32Array): ByteVector {
  const scale = greatest(vector) / 127
  return { codes: Int8Array.from(vector, (value) => (scale === 0 ? 0 : Math.round(value / scale))), scale }
}

/** Greatest magnitude of the query's values: 127 times this times 8,192 columns still fits 31 bits. */
const greatestQueryCode = 2047
const mostColumns = 8192

/**
 * Room for `rows` vectors of `width` values.
 * @throws OstroError `unsupported` for vectors too wide, `out-of-memory` where they do not fit 4 GiB or the machine
 */
export function createVectorScan(width: number, rows: number): VectorScan {
  if (width > mostColumns) {
    throw new OstroError('unsupported', `vector scan: at most ${mostColumns} values expected, got ${width}.`, { width })
  }
  const columns = Math.ceil(width / 8) * 8
  const queryBytes = Math.ceil((columns * 2) / 16) * 16
  const places = { query: 0, scores: queryBytes, scales: queryBytes + rows * 4, codes: queryBytes + rows * 8 }
  const pages = Math.ceil((places.codes + rows * columns + 16) / 65_536)
  const memory = reserve(pages, rows)
  const scan = compileScan(memory, columns)
  const query = new Int16Array(memory.buffer, places.query, columns)
  const scores = new Float32Array(memory.buffer, places.scores, rows)
  const scales = new Float32Array(memory.buffer, places.scales, rows)
  const codes = new Int8Array(memory.buffer, places.codes, rows * columns)
  return {
    rows,
    set: (row, vector) => {
      codes.set(vector.codes, row * columns)
      scales[row] = vector.scale
    },
    best: (asked, limit) => {
      const scale = greatest(asked) / greatestQueryCode
      if (scale === 0 || rows === 0) return []
      query.set(asked.map((value) => Math.round(value / scale)))
      scan(places, rows)
      return selectBest(scores, limit).map(({ row, score }) => ({ row, score: score * scale }))
    },
  }
}

/** The greatest values and their places, best first; of equal ones the lower place. */
export function selectBest(scores: Float32Array, limit: number): ScoredRow[] {
  const most = Math.min(limit, scores.length)
  if (most <= 0) return []
  // A heap whose root is the worst of the best so far.
  const heap: number[] = []
  const isWorse = (a: number, b: number): boolean => scores[a] < scores[b] || (scores[a] === scores[b] && a > b)
  const sink = (from: number): void => {
    let place = from
    for (;;) {
      let worst = place
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < heap.length && isWorse(heap[child], heap[worst])) worst = child
      }
      if (worst === place) return
      ;[heap[place], heap[worst]] = [heap[worst], heap[place]]
      place = worst
    }
  }
  for (let row = 0; row < most; row++) heap.push(row)
  for (let place = most >> 1; place >= 0; place--) sink(place)
  for (let row = most; row < scores.length; row++) {
    if (scores[row] <= scores[heap[0]]) continue
    heap[0] = row
    sink(0)
  }
  return heap.toSorted((a, b) => scores[b] - scores[a] || a - b).map((row) => ({ row, score: scores[row] }))
}

function reserve(pages: number, rows: number): WebAssembly.Memory {
  const tooMuch = (cause?: unknown): OstroError => {
    const message = `vector scan: ${rows} vectors need ${Math.ceil(pages / 16)} MiB, which cannot be had. Split the index.`
    return new OstroError('out-of-memory', message, { rows }, { cause })
  }
  if (pages > mostPages) throw tooMuch()
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: mostPages })
  } catch (cause) {
    throw tooMuch(cause)
  }
}

function greatest(vector: Float32Array): number {
  return vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}

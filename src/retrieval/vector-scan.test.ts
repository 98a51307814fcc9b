import { describe, expect, it } from 'vitest'
import { createRandom } from '../util/random.ts'
import { createVectorScan, encodeBytes, selectBest } from './vector-scan.ts'

function randomVectors(rows: number, width: number, seed: number): Float32Array[] {
  const { float } = createRandom(seed)
  return Array.from({ length: rows }, () => Float32Array.from({ length: width }, () => float() * 2 - 1))
}

function scanOf(vectors: readonly Float32Array[], width: number) {
  const scan = createVectorScan(width, vectors.length)
  vectors.forEach((vector, row) => scan.set(row, encodeBytes(vector)))
  return scan
}

/** The same in plain JavaScript. */
function scoresOf(vectors: readonly Float32Array[], query: Float32Array): number[] {
  const largest = Math.max(...query.map(Math.abs))
  const asked = query.map((value) => Math.round(value / (largest / 2047)))
  return vectors.map((vector) => {
    const { codes, scale } = encodeBytes(vector)
    return Math.fround(codes.reduce((sum, code, i) => sum + code * asked[i], 0) * Math.fround(scale)) * (largest / 2047)
  })
}

describe('createVectorScan', () => {
  it.each([
    [1, 8],
    [2, 16],
    [7, 384],
    [50, 40],
    [33, 13],
    [3, 8192],
  ])('%i rows of %i score as in plain JavaScript', (rows, width) => {
    const vectors = randomVectors(rows, width, rows)
    const [query] = randomVectors(1, width, 99)
    const found = scanOf(vectors, width).best(query, rows)
    const expected = scoresOf(vectors, query)
    expect(found.map(({ row }) => row).toSorted((a, b) => a - b)).toEqual(vectors.map((_, row) => row))
    for (const { row, score } of found) expect(score).toBeCloseTo(expected[row], 4)
    expect(found.map(({ score }) => score)).toEqual(found.map(({ score }) => score).toSorted((a, b) => b - a))
  })

  it('holds sums of the greatest codes', () => {
    const ones = new Float32Array(8192).fill(1)
    const [best] = scanOf([ones, ones.map(() => -1)], 8192).best(ones, 1)
    expect(best.row).toBe(0)
    expect(best.score).toBeCloseTo(8192, 0)
  })

  it('finds nothing for a query of zeros, or among no vectors', () => {
    expect(scanOf(randomVectors(4, 8, 1), 8).best(new Float32Array(8), 3)).toEqual([])
    expect(createVectorScan(8, 0).best(new Float32Array(8).fill(1), 3)).toEqual([])
  })

  it('refuses what it cannot hold', () => {
    expect(() => createVectorScan(9000, 1)).toThrow(expect.objectContaining({ code: 'unsupported' }))
    expect(() => createVectorScan(8192, 600_000)).toThrow(expect.objectContaining({ code: 'out-of-memory' }))
  })
})

it('selects as sorting does, the lower place of equals first', () => {
  const { uint32 } = createRandom(5)
  const scores = Float32Array.from({ length: 1000 }, () => uint32() % 50)
  const sorted = Array.from(scores.keys()).toSorted((a, b) => scores[b] - scores[a] || a - b)
  for (const limit of [0, 1, 10, 999, 1000, 5000]) {
    expect(selectBest(scores, limit).map(({ row }) => row)).toEqual(sorted.slice(0, limit))
  }
})

import { describe, expect, it } from 'vitest'
import { ndcgAt, recallAt, reciprocalRank } from './ranking-measures.ts'

const wanted = new Set(['a', 'b'])

describe('measures of a ranking', () => {
  it.each([
    [['a', 'x', 'b'], 1],
    [['x', 'b', 'a'], 1 / 2],
    [['x', 'y'], 0],
    [[], 0],
    [[...'0123456789', 'a'], 0], // beyond the depth of 10
  ])('reciprocal rank of %j is %d', (ranked, value) => expect(reciprocalRank(ranked, wanted)).toBe(value))

  it.each([
    [['a', 'x', 'b'], 1, 1 / 2],
    [['a', 'x', 'b'], 3, 1],
    [['a', 'a'], 2, 1 / 2],
    [['x'], 5, 0],
  ])('recall of %j at %i is %d', (ranked, depth, value) => expect(recallAt(ranked, wanted, depth)).toBe(value))

  it.each([
    [['a', 'b'], 1],
    [['x', 'a'], 1 / Math.log2(3) / (1 + 1 / Math.log2(3))],
    [['a', 'a', 'b'], (1 + 1 / 2) / (1 + 1 / Math.log2(3))],
    [['x'], 0],
  ])('gain of %j is %d', (ranked, value) => expect(ndcgAt(ranked, wanted)).toBeCloseTo(value, 12))
})

import { expect, it } from 'vitest'
import { continuationProbability, continuationWeights } from './call-continuation.ts'

const nothing = {
  numbers: 0,
  names: 0,
  again: 0,
  words: 0,
  siblings: 0,
  repeats: 0,
  cues: 0,
  otherFunction: 0,
  further: 0,
}

it('adds weighted evidence to log odds', () => {
  const weights = { ...continuationWeights, numbers: 1, cues: 2, bias: -4 }
  // 2 * 1 + 1 * 2 - 4 = 0
  expect(continuationProbability({ ...nothing, numbers: 2, cues: 1 }, weights)).toBeCloseTo(0.5, 12)
})

it('ends where nothing is left, and where a number alone is', () => {
  expect(continuationProbability(nothing)).toBeLessThan(0.1)
  expect(continuationProbability({ ...nothing, further: 1 })).toBeLessThan(0.2)
  expect(continuationProbability({ ...nothing, numbers: 1, words: Math.log(5) })).toBeLessThan(0.2)
})

it('goes on for a list that goes on, and for another function that is spoken of', () => {
  expect(continuationProbability({ ...nothing, numbers: 1, siblings: 1 })).toBeGreaterThan(0.5)
  expect(continuationProbability({ ...nothing, otherFunction: 1, numbers: 1 })).toBeGreaterThan(0.5)
})

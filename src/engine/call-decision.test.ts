import { describe, expect, it } from 'vitest'
import { calibratedProbability, callCalibration } from './call-decision.ts'

describe('calibratedProbability', () => {
  const { firstTokenWeight, relevanceWeight, bias } = callCalibration

  it('is one half where the evidence balances', () => {
    expect(calibratedProbability(0.5, bias / relevanceWeight, callCalibration)).toBeCloseTo(0.5, 12)
    const odds = Math.exp(bias / firstTokenWeight)
    expect(calibratedProbability(odds / (1 + odds), 0, callCalibration)).toBeCloseTo(0.5, 12)
  })

  it('grows with both, and stays a probability at the ends', () => {
    const at = (firstToken: number, relevance: number) => calibratedProbability(firstToken, relevance, callCalibration)
    expect(at(0.6, 3)).toBeGreaterThan(at(0.5, 3))
    expect(at(0.5, 4)).toBeGreaterThan(at(0.5, 3))
    for (const firstToken of [0, 1]) {
      for (const relevance of [-1e6, 0, 1e6]) {
        expect(at(firstToken, relevance)).toBeGreaterThanOrEqual(0)
        expect(at(firstToken, relevance)).toBeLessThanOrEqual(1)
      }
    }
    // However sure the first token is, a request that the functions make unlikely can outweigh it.
    expect(at(1, -100)).toBeLessThan(0.5)
  })
})

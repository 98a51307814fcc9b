import { describe, expect, it } from 'vitest'
import { calibratedProbability, callCalibration, type CallEvidence, requestOf } from './call-decision.ts'
import { noOverlap } from './request-overlap.ts'

const overlap = { name: 0.5, description: 0.5, words: 1, numbers: -1 }
const evidence: CallEvidence = { firstToken: 0.5, relevance: 4, overlap }
const probabilityOf = (changed: Partial<CallEvidence>): number =>
  calibratedProbability({ ...evidence, ...changed }, callCalibration)

describe('calibratedProbability', () => {
  it('adds weighted evidence to log odds', () => {
    const weights = { firstToken: 0, relevance: 0.5, name: 2, description: 0, words: 1, numbers: 1, bias: -3 }
    // 4 * 0.5 + 0.5 * 2 + 1 - 1 - 3 = 0
    expect(calibratedProbability(evidence, weights)).toBeCloseTo(0.5, 12)
  })

  it('grows with each evidence', () => {
    const stronger: Partial<CallEvidence>[] = [
      { firstToken: 0.6 },
      { relevance: 5 },
      { overlap: { ...overlap, name: 1 } },
      { overlap: { ...overlap, description: 1 } },
      { overlap: { ...overlap, words: 2 } },
      { overlap: { ...overlap, numbers: 0 } },
    ]
    for (const changed of stronger) expect(probabilityOf(changed)).toBeGreaterThan(probabilityOf({}))
  })

  it('weighs the model’s own evidence alone where words say nothing', () => {
    expect(probabilityOf({ overlap: undefined, relevance: 2 })).toBeLessThan(0.5)
    expect(probabilityOf({ overlap: undefined, relevance: 8 })).toBeGreaterThan(0.5)
  })

  it('stays a probability, and lets what is unlikely outweigh a sure first token', () => {
    for (const firstToken of [0, 1]) {
      for (const relevance of [-1e6, 0, 1e6]) {
        const probability = probabilityOf({ firstToken, relevance })
        expect(probability >= 0 && probability <= 1).toBe(true)
      }
    }
    expect(probabilityOf({ firstToken: 1, relevance: -1000, overlap: noOverlap })).toBeLessThan(0.5)
  })
})

it('takes the request from the last message, if a user wrote it', () => {
  expect(requestOf([{ role: 'user', content: ' Is it raining? ' }])).toBe('Is it raining?')
  expect(
    requestOf([
      { role: 'user', content: 'Is it raining?' },
      { role: 'tool', tool_call_id: 'a', content: 'yes' },
    ]),
  ).toBe('')
})

import { describe, expect, it } from 'vitest'
import { createRandom } from '../util/random.ts'
import { createSampler } from './sampler.ts'

describe('createSampler', () => {
  it('draws in proportion to the probabilities', () => {
    const sampler = createSampler({ seed: 3 })
    const logits = Float32Array.from([0.5, 0.3, 0.2], Math.log)
    const counts = [0, 0, 0]
    for (let draw = 0; draw < 10_000; draw++) counts[sampler.sample(logits, [])]++
    expect(Math.abs(counts[0] - 5000)).toBeLessThan(200)
    expect(Math.abs(counts[1] - 3000)).toBeLessThan(200)
  })

  it('leaves the logits alone, forbids by bias, prefers by bias', () => {
    const logits = Float32Array.of(3, 2, 1)
    expect(createSampler({ temperature: 0, logitBias: { 0: -Infinity } }).sample(logits, [])).toBe(1)
    expect(createSampler({ temperature: 0, logitBias: { 2: 5, 77: 1 } }).sample(logits, [])).toBe(2)
    expect(Array.from(logits)).toEqual([3, 2, 1])
  })

  it('says so when nothing is left', () => {
    const sampler = createSampler({ logitBias: { 0: -Infinity } })
    expect(() => sampler.sample(Float32Array.of(1), [])).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })

  it.each([
    { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05 },
    { topP: 0.999 },
    { topP: 0.9, minP: 1e-4 },
    { typicalP: 0.95 },
    { eta: 1e-4, epsilon: 1e-5 },
  ])('large vocabularies keep what a full sort keeps: %j', (options) => {
    const random = createRandom(5)
    const logits = Float32Array.from({ length: 20_000 }, () => random.float() * 12)
    const { tokens, probabilities } = createSampler(options).inspect(logits, [])
    expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9)
    if (options.topP === 0.999) {
      const order = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b)
      const total = logits.reduce((sum, value) => sum + Math.exp(value), 0)
      let mass = 0
      const kept: number[] = []
      for (const token of order) {
        if (mass >= 0.999 * total) break
        mass += Math.exp(logits[token])
        kept.push(token)
      }
      expect(Math.abs(kept.length - tokens.length)).toBeLessThanOrEqual(1)
    } else {
      expect(tokens.length).toBeGreaterThan(0)
      expect(tokens.length).toBeLessThan(20_000)
    }
  })

  it('greedy with penalties moves on to the next best', () => {
    const sampler = createSampler({ temperature: 0, frequencyPenalty: 1 })
    const logits = Float32Array.of(3, 2.5)
    expect(sampler.sample(logits, [0])).toBe(1)
  })
})

import { describe, expect, it } from 'vitest'
import { createRandom } from './random.ts'

describe('createRandom', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    const take = (seed: number): number[] => {
      const random = createRandom(seed)
      return Array.from({ length: 8 }, () => random.uint32())
    }
    expect(take(7)).toEqual(take(7))
    expect(take(7)).not.toEqual(take(8))
    expect(take(2 ** 40 + 7)).not.toEqual(take(7))
    expect(take(0).some((value) => value !== 0)).toBe(true)
  })

  it('spreads floats evenly over [0, 1)', () => {
    const random = createRandom(1)
    const buckets = new Array<number>(16).fill(0)
    for (let draw = 0; draw < 16_000; draw++) {
      const value = random.float()
      expect(value >= 0 && value < 1).toBe(true)
      buckets[Math.floor(value * 16)]++
    }
    // 1000 expected a bucket, standard deviation 31.
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(160)
  })
})

import { describe, expect, it } from 'vitest'
import { sinusoidTable } from './positions.ts'
import { bucketOf } from './relative-bias.ts'

describe('sinusoidTable', () => {
  it('has sines in the first half, cosines in the second, of one angle each', () => {
    for (const spacing of ['fairseq', 'vaswani'] as const) {
      const table = sinusoidTable({ positions: 50, width: 16, offset: 0, spacing })
      expect(Array.from(table.subarray(0, 16))).toEqual([...Array(8).fill(0), ...Array(8).fill(1)])
      for (let position = 0; position < 50; position++) {
        for (let i = 0; i < 8; i++) {
          const [sine, cosine] = [table[position * 16 + i], table[position * 16 + 8 + i]]
          expect(sine ** 2 + cosine ** 2).toBeCloseTo(1, 5)
        }
        // The first angle is the position itself.
        expect(table[position * 16]).toBeCloseTo(Math.sin(position), 4)
      }
    }
  })

  it('ends at a frequency of 1 / 10000 in one spacing, and before it in the other', () => {
    const width = 16
    const lowest = (spacing: 'fairseq' | 'vaswani'): number => {
      const table = sinusoidTable({ positions: 2, width, offset: 0, spacing })
      return Math.asin(table[width + 7])
    }
    expect(lowest('fairseq')).toBeCloseTo(1e-4, 9)
    expect(lowest('vaswani')).toBeCloseTo(10_000 ** (-14 / 16), 9)
  })

  it('counts from the offset', () => {
    const shifted = sinusoidTable({ positions: 5, width: 10, offset: 2, spacing: 'fairseq' })
    const plain = sinusoidTable({ positions: 7, width: 10, offset: 0, spacing: 'fairseq' })
    expect(shifted).toEqual(plain.subarray(20))
  })
})

describe('bucketOf', () => {
  const t5 = { buckets: 32, maxDistance: 128 }

  // With 16 buckets a side, 8 of them exact, the other 8 share 4 doublings: two buckets each.
  it.each([
    [0, 0],
    [-7, 7],
    [-8, 8],
    [-16, 10],
    [-31, 11],
    [-32, 12],
    [-63, 13],
    [-64, 14],
    [-127, 15],
    [-128, 15],
    [-100_000, 15],
    [1, 17],
    [16, 26],
    [100_000, 31],
  ])('distance %d of an encoder has bucket %d', (distance, bucket) => {
    expect(bucketOf(distance, t5, true)).toBe(bucket)
  })

  it('never falls with distance, has no keys after the query in a decoder, and is constant beyond the last', () => {
    for (const buckets of [4, 8, 32, 33]) {
      for (const maxDistance of [20, 100, 128]) {
        let before = 0
        for (let length = 0; length <= 3 * maxDistance; length++) {
          const bucket = bucketOf(-length, { buckets, maxDistance }, false)
          expect(bucket).toBeGreaterThanOrEqual(before)
          expect(bucket).toBeLessThan(buckets)
          expect(bucketOf(length, { buckets, maxDistance }, false)).toBe(0)
          if (length >= maxDistance) expect(bucket).toBe(buckets - 1)
          before = bucket
        }
      }
    }
  })
})

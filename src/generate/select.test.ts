import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCandidates, fillCandidates, totalMass } from './candidates.ts'
import { argmax, greatestIndices, logSumExp } from './select.ts'

const rows = fc
  .array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -50, max: 50 }), { minLength: 1, maxLength: 200 })
  .map((values) => Float32Array.from(values, (value) => Math.round(value)))

describe('select', () => {
  it('greatestIndices is the start of a stable sort', () => {
    fc.assert(
      fc.property(rows, fc.nat(220), (row, count) => {
        const sorted = Array.from(row.keys()).sort((a, b) => row[b] - row[a] || a - b)
        expect(Array.from(greatestIndices(row, count))).toEqual(sorted.slice(0, count))
      }),
    )
  })

  it('argmax takes the first of equals and is never not-a-number', () => {
    expect(argmax(Float32Array.of(1, 3, 3, NaN))).toBe(1)
    expect(argmax(Float32Array.of(NaN, -5))).toBe(1)
    fc.assert(
      fc.property(rows, (row) => {
        expect(argmax(row)).toBe(greatestIndices(row, 1)[0])
      }),
    )
  })

  it('logSumExp is exact for large and small logits', () => {
    expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.log(2), 10)
    expect(logSumExp(Float32Array.of(-1000, -Infinity))).toBe(-1000)
    expect(logSumExp(Float32Array.of(-Infinity))).toBe(-Infinity)
  })
})

describe('totalMass', () => {
  it('is the sum of exponentials, near the greatest and far below it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -200, max: 0, noNaN: true }), { minLength: 1, maxLength: 50 }),
        (offsets) => {
          const logits = Float32Array.from([5, ...offsets.map((offset) => 5 + offset)])
          const candidates = createCandidates(logits.length)
          fillCandidates(candidates, logits, 1, Infinity)
          const exact = logits.reduce((sum, value) => sum + Math.exp(value - 5), 0)
          expect(Math.abs(totalMass(candidates, 5) / exact - 1)).toBeLessThan(1e-8)
        },
      ),
    )
  })
})

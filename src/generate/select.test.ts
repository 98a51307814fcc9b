import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
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
  })

  it('logSumExp is exact for large and small logits', () => {
    expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.log(2), 10)
    expect(logSumExp(Float32Array.of(-1000, -Infinity))).toBe(-1000)
    expect(logSumExp(Float32Array.of(-Infinity))).toBe(-Infinity)
  })
})

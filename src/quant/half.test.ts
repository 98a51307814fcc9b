/** The 16-bit floats: every half and every bfloat16, and nearest-even rounding against its definition. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from './half.ts'

const formats = [
  { name: 'f16', toF32: f16ToF32, fromF32: f32ToF16, infinity: 0x7c00, greatest: 65504, overflow: 65520 },
  {
    name: 'bf16',
    toF32: bf16ToF32,
    fromF32: f32ToBf16,
    infinity: 0x7f80,
    greatest: 255 * 2 ** 120,
    overflow: 511 * 2 ** 119,
  },
] as const

test.each([
  ['one', 0x3c00, 1],
  ['the least subnormal', 0x0001, 2 ** -24],
  ['the greatest subnormal', 0x03ff, 1023 * 2 ** -24],
  ['the least normal', 0x0400, 2 ** -14],
  ['a third', 0x3555, 0.333251953125],
  ['the greatest', 0x7bff, 65504],
  ['minus two', 0xc000, -2],
])('f16: %s', (_, bits, value) => {
  expect(f16ToF32(bits)).toBe(value)
  expect(f32ToF16(value)).toBe(bits)
})

describe.each(formats)('$name', ({ toF32, fromF32, infinity, greatest, overflow }) => {
  test('all bit patterns survive the way to float32 and back', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = toF32(bits)
      if (Number.isNaN(value)) expect((bits & 0x7fff) > infinity && Number.isNaN(toF32(fromF32(value)))).toBe(true)
      else if (fromF32(value) !== bits) expect.fail(`bits ${bits} became ${fromF32(value)}`)
    }
  })

  test('rounds to the nearest, ties to even', () => {
    const float32 = fc.float({ noNaN: true, noDefaultInfinity: true })
    const inRange = fc.oneof(
      float32.filter((value) => Math.abs(value) <= greatest),
      // Neighbourhood of midpoints, where rounding is decided.
      fc.tuple(fc.nat(infinity - 2), fc.constantFrom(-1, 0, 1)).map(([bits, nudge]) => {
        const middle = (toF32(bits) + toF32(bits + 1)) / 2
        return Math.fround(middle + nudge * Math.abs(middle) * 2 ** -22)
      }),
    )
    fc.assert(
      fc.property(inRange, (value) => {
        const magnitudeBits = fromF32(Math.abs(value))
        const distance = (bits: number): number => Math.abs(toF32(bits) - Math.abs(value))
        const chosen = distance(magnitudeBits)
        const rivals = [magnitudeBits - 1, magnitudeBits + 1].filter((bits) => bits >= 0 && bits < infinity)
        for (const rival of rivals) {
          expect(chosen).toBeLessThanOrEqual(distance(rival))
          if (chosen === distance(rival)) expect(magnitudeBits & 1).toBe(0)
        }
        expect(fromF32(-Math.abs(value))).toBe(magnitudeBits | 0x8000)
      }),
      { numRuns: 2000 },
    )
  })

  test('overflows to infinity halfway beyond the greatest value', () => {
    expect(fromF32(Math.fround(overflow))).toBe(infinity)
    expect(fromF32(Math.fround(overflow * (1 - 2 ** -20)))).toBe(infinity - 1)
    expect(fromF32(-Infinity)).toBe(infinity | 0x8000)
    expect(toF32(infinity)).toBe(Infinity)
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalNumber, compareDecimals, decimalOf, equalDecimals, isMultipleOf, parseDecimal } from './decimal.ts'

test('one number has one canonical text', () => {
  for (const same of [
    ['1', '1.0', '10e-1', '0.1E1', '100e-02'],
    ['0', '-0', '0.000', '0e99'],
    ['-1200', '-1.2e3'],
  ]) {
    expect(new Set(same.map((text) => canonicalNumber(parseDecimal(text)))).size).toBe(1)
  }
})

test('order is that of the values', () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      (a, b) => {
        expect(Math.sign(compareDecimals(decimalOf(a), decimalOf(b)))).toBe(Math.sign(a < b ? -1 : a > b ? 1 : 0))
        expect(equalDecimals(decimalOf(a), decimalOf(b))).toBe(a === b)
      },
    ),
    { examples: [[-5, -5]] },
  )
})

test('huge exponents cost nothing', () => {
  expect(compareDecimals(parseDecimal('1e999999999'), parseDecimal('-5'))).toBeGreaterThan(0)
  expect(isMultipleOf(parseDecimal('1e308'), decimalOf(0.5))).toBe(true)
  expect(isMultipleOf(parseDecimal('1e-999999999'), decimalOf(3))).toBe(false)
})

test('steps are exact', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: 1, max: 999 }), (times, step) => {
      const product = parseDecimal(`${times * step}e-3`)
      expect(isMultipleOf(product, parseDecimal(`${step}e-3`))).toBe(true)
      const beside = parseDecimal(`${times * step * 10 + 1}e-4`)
      expect(isMultipleOf(beside, parseDecimal(`${step}e-3`))).toBe(false)
    }),
  )
})

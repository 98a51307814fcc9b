import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  add,
  divide,
  floor,
  formatDecimal,
  formatFraction,
  fraction,
  multiply,
  parseFraction,
  subtract,
  toNumber,
} from './fraction.ts'
import { exponential, squareRoot } from './numbers.ts'

const fractions = fc.tuple(fc.bigInt(-1000n, 1000n), fc.bigInt(1n, 1000n)).map(([top, bottom]) => fraction(top, bottom))

describe('fractions', () => {
  it('keep the laws of arithmetic', () => {
    fc.assert(
      fc.property(fractions, fractions, fractions, (a, b, c) => {
        expect(multiply(a, add(b, c))).toEqual(add(multiply(a, b), multiply(a, c)))
        expect(subtract(add(a, b), b)).toEqual(a)
        if (b.numerator !== 0n) expect(multiply(divide(a, b), b)).toEqual(a)
      }),
    )
  })

  it('are read as they are written', () => {
    fc.assert(
      fc.property(fractions, (value) => {
        expect(parseFraction(formatFraction(value))).toEqual(value)
      }),
    )
    expect(parseFraction('-0.25')).toEqual(fraction(-1, 4))
    for (const text of ['', '1/0', '1/-2', '1e5', 'x', '1/2/3']) expect(parseFraction(text)).toBeUndefined()
  })

  it('round down', () => {
    expect([-3, -2, -1, 0, 1, 3].map((n) => floor(fraction(n, 2)))).toEqual([-2n, -1n, -1n, 0n, 0n, 1n])
  })

  it('become doubles, also beyond what a double counts exactly', () => {
    expect(toNumber(fraction(1, 3))).toBe(1 / 3)
    expect(toNumber(fraction(-(3n ** 900n), 3n ** 901n))).toBeCloseTo(-1 / 3, 15)
    expect(toNumber(fraction(1n, 3n ** 700n))).toBe(0)
    expect(formatDecimal(fraction(-1, 8), 3)).toBe('-0.125')
  })
})

describe('roots and powers to many places', () => {
  it('agree with published digits', () => {
    expect(formatDecimal(exponential(fraction(1)), 30)).toBe('2.718281828459045235360287471352')
    expect(formatDecimal(squareRoot(fraction(3)), 30)).toBe('1.732050807568877293527446341505')
  })

  it('agree with floating point', () => {
    fc.assert(
      fc.property(fc.integer({ min: -3000, max: 3000 }), (hundredths) => {
        const x = fraction(hundredths, 100)
        expect(toNumber(exponential(x)) / Math.exp(hundredths / 100)).toBeCloseTo(1, 12)
      }),
    )
  })
})

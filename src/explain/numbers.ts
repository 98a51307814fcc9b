/**
 * The kinds of numbers that an explanation counts with. All are used through the same five operations, so a step is written once
 * and worked with fractions, with decimals of many places, or in floating point as a machine does.
 */
import { add, divide, formatDecimal, formatFraction, fraction, multiply, one, toNumber, zero } from './fraction.ts'
import type { Fraction } from './fraction.ts'

export interface Numbers<N> {
  readonly of: (value: Fraction) => N
  readonly add: (a: N, b: N) => N
  readonly multiply: (a: N, b: N) => N
  readonly divide: (a: N, b: N) => N
  readonly toNumber: (value: N) => number
  /** What stands in a cell. */
  readonly format: (value: N) => string
}

/** Exact, shown as `9/46`. */
export const fractions: Numbers<Fraction> = {
  of: (value) => value,
  add,
  multiply,
  divide,
  toNumber,
  format: formatFraction,
}

/** Places that `decimals` keeps, and how many of them it shows: the rest absorbs the error of roots and powers. */
const keptPlaces = 50
const shownPlaces = 30
const unit = 10n ** BigInt(keptPlaces)

/** Fractions of 10^50, for what roots and powers of e give; the 30 places shown are right. */
export const decimals: Numbers<Fraction> = {
  ...fractions,
  of: cut,
  multiply: (a, b) => cut(multiply(a, b)),
  divide: (a, b) => cut(divide(a, b)),
  format: (value) => (value.denominator === 1n ? formatFraction(value) : formatDecimal(value, shownPlaces)),
}

/** 64-bit floating point. */
export const floats: Numbers<number> = {
  of: toNumber,
  add: (a, b) => a + b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  toNumber: (value) => value,
  format: formatNumber,
}

/** Six significant digits are enough to follow; whole numbers stay whole. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value)
  const size = Math.abs(value)
  return size >= 1e-4 && size < 1e6 ? String(Number(value.toPrecision(6))) : value.toExponential(3)
}

/** Rounds towards zero to a multiple of 10^-50. */
function cut({ numerator, denominator }: Fraction): Fraction {
  return fraction((numerator * unit) / denominator, unit)
}

/** The root of a fraction that is not negative, to 50 places: Newton's method on whole numbers. */
export function squareRoot({ numerator, denominator }: Fraction): Fraction {
  const square = (numerator * unit * unit) / denominator
  if (square === 0n) return zero
  let root = 1n << BigInt(Math.ceil(square.toString(2).length / 2))
  for (let next = (root + square / root) / 2n; next < root; next = (root + square / root) / 2n) root = next
  return fraction(root, unit)
}

/** e^x to 50 places: the series of x / 2^k, squared k times. */
export function exponential(x: Fraction): Fraction {
  // Each squaring doubles the relative error, and a large power has digits before the point as well.
  const size = Math.ceil(Math.abs(toNumber(x)))
  const places = keptPlaces + size + 20
  const scale = 10n ** BigInt(places)
  const halvings = BigInt(Math.max(0, Math.ceil(Math.log2(size + 1)))) + 8n
  const small = (x.numerator * scale) / (x.denominator << halvings)
  let sum = scale
  let term = scale
  for (let n = 1n; term !== 0n; n++) {
    term = (term * small) / (scale * n)
    sum += term
  }
  for (let i = 0n; i < halvings; i++) sum = (sum * sum) / scale
  return x.numerator === 0n ? one : fraction(sum, scale)
}

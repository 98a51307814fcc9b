/** Exact rational numbers: numerator and denominator of any length, always in lowest terms with a positive denominator. */
import { OstroError } from '../util/error.ts'

export interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** @throws OstroError `invalid-argument` for a denominator of zero */
export function fraction(numerator: bigint | number, denominator: bigint | number = 1n): Fraction {
  const top = BigInt(numerator)
  const bottom = BigInt(denominator)
  if (bottom === 0n) throw new OstroError('invalid-argument', 'fraction: expected a denominator other than 0.')
  const divisor = greatestCommonDivisor(top, bottom) * (bottom < 0n ? -1n : 1n)
  return { numerator: top / divisor, denominator: bottom / divisor }
}

export const zero = fraction(0)
export const one = fraction(1)

export function add(a: Fraction, b: Fraction): Fraction {
  return fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)
}

export function subtract(a: Fraction, b: Fraction): Fraction {
  return add(a, { numerator: -b.numerator, denominator: b.denominator })
}

export function multiply(a: Fraction, b: Fraction): Fraction {
  return fraction(a.numerator * b.numerator, a.denominator * b.denominator)
}

/** @throws OstroError `invalid-argument` for a divisor of zero */
export function divide(a: Fraction, b: Fraction): Fraction {
  return fraction(a.numerator * b.denominator, a.denominator * b.numerator)
}

export function compare(a: Fraction, b: Fraction): number {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** The greatest integer that is not above: -1/2 gives -1. */
export function floor({ numerator, denominator }: Fraction): bigint {
  const quotient = numerator / denominator
  return numerator < 0n && quotient * denominator !== numerator ? quotient - 1n : quotient
}

/** `base` to a whole power of either sign. */
export function power(base: Fraction, exponent: bigint): Fraction {
  const { numerator, denominator } = base
  return exponent >= 0n
    ? fraction(numerator ** exponent, denominator ** exponent)
    : fraction(denominator ** -exponent, numerator ** -exponent)
}

/** `9/46`, or `3` for a whole number. */
export function formatFraction({ numerator, denominator }: Fraction): string {
  return denominator === 1n ? `${numerator}` : `${numerator}/${denominator}`
}

/** `3`, `-9/46` or a decimal such as `0.25`, exactly. Undefined for anything else. */
export function parseFraction(text: string): Fraction | undefined {
  const match = /^\s*(-?\d{1,400})(?:\/(\d{1,400})|\.(\d{1,400}))?\s*$/.exec(text)
  if (match === null) return undefined
  const [, whole, bottom, decimals] = match
  if (bottom !== undefined) return BigInt(bottom) === 0n ? undefined : fraction(BigInt(whole), BigInt(bottom))
  if (decimals !== undefined) return fraction(BigInt(whole + decimals), 10n ** BigInt(decimals.length))
  return fraction(BigInt(whole))
}

/** The decimal form, cut after `places` digits behind the point. */
export function formatDecimal(value: Fraction, places: number): string {
  const scaled = (value.numerator * 10n ** BigInt(places)) / value.denominator
  const digits = `${scaled < 0n ? -scaled : scaled}`.padStart(places + 1, '0')
  const sign = value.numerator < 0n ? '-' : ''
  return places === 0 ? sign + digits : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/** The nearest double but for the last bit. */
export function toNumber({ numerator, denominator }: Fraction): number {
  // Both may be beyond a double's range; 1100 bits of the quotient are more than any double shows.
  const direct = Number(numerator) / Number(denominator)
  const exact = Math.abs(Number(numerator)) <= Number.MAX_SAFE_INTEGER && denominator <= Number.MAX_SAFE_INTEGER
  if (exact) return direct
  const shift = BigInt(bitLength(denominator) - bitLength(numerator) + 64)
  const quotient = shift >= 0n ? (numerator << shift) / denominator : numerator / (denominator << -shift)
  return scaleByPowerOfTwo(Number(quotient), -Number(shift))
}

/** Math.pow overflows where the product does not, so large exponents go in two steps. */
function scaleByPowerOfTwo(value: number, exponent: number): number {
  const half = Math.trunc(exponent / 2)
  return value * 2 ** half * 2 ** (exponent - half)
}

function bitLength(value: bigint): number {
  return (value < 0n ? -value : value).toString(2).length
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

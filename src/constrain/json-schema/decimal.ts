/** Exact decimal numbers: what JSON's numbers mean, compared and divided without rounding. */

/** (-1)^negative x digits x 10^exponent, without trailing zeros in `digits`; zero is 0 x 10^0. */
export interface Decimal {
  readonly negative: boolean
  readonly digits: bigint
  readonly exponent: number
}

/** Beyond this distance of exponents no quotient is looked for: such numbers are told apart by size alone. */
const widestAlignment = 5_000

/** Of a number as JSON writes it. */
export function parseDecimal(text: string): Decimal {
  const match = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (match === null) throw new RangeError(`Not a JSON number: ${text}`)
  const [, sign, whole, fraction = '', power = '0'] = match
  return normalised(sign === '-', whole + fraction, Number(power) - fraction.length)
}

/** Of a number of the schema: the shortest decimal that reads back as it. */
export function decimalOf(value: number): Decimal {
  return parseDecimal(String(value))
}

function normalised(negative: boolean, digitText: string, exponent: number): Decimal {
  const trimmed = digitText.replace(/^0+/, '')
  const significant = trimmed.replace(/0+$/, '')
  if (significant === '') return { negative: false, digits: 0n, exponent: 0 }
  return { negative, digits: BigInt(significant), exponent: exponent + trimmed.length - significant.length }
}

/** Below zero where a < b, zero where equal, above zero where a > b. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const signA = signOf(a)
  const signB = signOf(b)
  if (signA !== signB) return signA - signB
  const order = compareMagnitudes(a, b)
  return signA < 0 ? 0 - order : order
}

function signOf(a: Decimal): number {
  if (a.digits === 0n) return 0
  return a.negative ? -1 : 1
}

function compareMagnitudes(a: Decimal, b: Decimal): number {
  if (a.digits === 0n || b.digits === 0n) return 0
  const places = String(a.digits).length + a.exponent - (String(b.digits).length + b.exponent)
  if (places !== 0) return Math.sign(places)
  const shift = a.exponent - b.exponent
  const left = shift > 0 ? a.digits * 10n ** BigInt(shift) : a.digits
  const right = shift < 0 ? b.digits * 10n ** BigInt(-shift) : b.digits
  if (left === right) return 0
  return left < right ? -1 : 1
}

export function equalDecimals(a: Decimal, b: Decimal): boolean {
  return a.digits === b.digits && a.exponent === b.exponent && a.negative === b.negative
}

/** Whether a / step is a whole number; `step` is above zero. */
export function isMultipleOf(a: Decimal, step: Decimal): boolean {
  if (a.digits === 0n) return true
  const shift = a.exponent - step.exponent
  if (shift >= 0) return (a.digits * modularPower(shift, step.digits)) % step.digits === 0n
  // The digits end in no zero, so only a few factors of 2 and 5 can be left in them.
  if (-shift > widestAlignment) return false
  return a.digits % (10n ** BigInt(-shift) * step.digits) === 0n
}

/** 10^exponent modulo `modulus`. */
function modularPower(exponent: number, modulus: bigint): bigint {
  let result = 1n % modulus
  let base = 10n % modulus
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = (result * base) % modulus
    base = (base * base) % modulus
  }
  return result
}

/** As integers on one scale: [a, b, 10^-exponent], or undefined where the exponents lie too far apart. */
export function aligned(numbers: readonly Decimal[]): { values: bigint[]; exponent: number } | undefined {
  const exponent = Math.min(0, ...numbers.map((number) => number.exponent))
  if (numbers.some((number) => number.exponent - exponent > widestAlignment)) return undefined
  const values = numbers.map((number) => {
    const magnitude = number.digits * 10n ** BigInt(number.exponent - exponent)
    return number.negative ? -magnitude : magnitude
  })
  return { values, exponent }
}

/** One text for each value: equal numbers have equal texts. */
export function canonicalNumber(value: Decimal): string {
  return `${value.negative ? '-' : ''}${value.digits}e${value.exponent}`
}

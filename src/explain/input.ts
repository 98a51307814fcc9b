/** Reads the input of an exercise from JSON: matrices of whole numbers, decimals or fractions written `"9/46"`. */
import { OstroError } from '../util/error.ts'
import type { Matrix } from './explanation.ts'
import { compare, floor, fraction, parseFraction } from './fraction.ts'
import type { Fraction } from './fraction.ts'

export type ExerciseInput = Readonly<Record<string, unknown>>

/** What can still be followed by hand. */
const mostRows = 32

/** @throws OstroError `invalid-argument` for anything but an object */
export function readObject(where: string, input: unknown): ExerciseInput {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as ExerciseInput
  throw refuse(where, 'a JSON object', input)
}

/** @throws OstroError `invalid-argument` naming a key that the exercise does not have */
export function refuseUnknownKeys(where: string, input: ExerciseInput, known: readonly string[]): void {
  const unknown = Object.keys(input).find((key) => !known.includes(key))
  if (unknown !== undefined) throw refuse(where, `only the keys ${known.join(', ')}`, unknown)
}

/** @throws OstroError `invalid-argument` unless it is a matrix of numbers with equally long rows, of the size where one is given */
export function readMatrix(
  where: string,
  value: unknown,
  size: { rows?: number; columns?: number } = {},
): Matrix<Fraction> {
  const { rows, columns } = size
  if (!Array.isArray(value) || value.length === 0) throw refuse(where, 'a list of rows', value)
  const matrix = value.map((row, index) => readVector(`${where}[${index}]`, row, columns))
  if (matrix.length > mostRows) throw refuse(where, `at most ${mostRows} rows`, matrix.length)
  if (rows !== undefined && matrix.length !== rows) throw refuse(where, `${rows} rows`, matrix.length)
  const odd = matrix.findIndex((row) => row.length !== matrix[0].length)
  if (odd >= 0) throw refuse(`${where}[${odd}]`, `${matrix[0].length} numbers like the rows before`, matrix[odd].length)
  return matrix
}

/** @throws OstroError `invalid-argument` unless it is a list of numbers, of that length where one is given */
export function readVector(where: string, value: unknown, length?: number): readonly Fraction[] {
  if (!Array.isArray(value) || value.length === 0) throw refuse(where, 'a list of numbers', value)
  if (value.length > mostRows) throw refuse(where, `at most ${mostRows} numbers`, value.length)
  if (length !== undefined && value.length !== length) throw refuse(where, `${length} numbers`, value.length)
  return value.map((entry, index) => readFraction(`${where}[${index}]`, entry))
}

/** @throws OstroError `invalid-argument` unless it is a number below a million or its text */
export function readFraction(where: string, value: unknown): Fraction {
  const text = typeof value === 'number' ? String(value) : value
  const parsed = typeof text === 'string' ? parseFraction(text) : undefined
  if (parsed === undefined) throw refuse(where, 'a number, or a fraction such as "1/2"', value)
  const million = fraction(1_000_000)
  if (compare(parsed, million) > 0 || compare(parsed, fraction(-1_000_000)) < 0) {
    throw refuse(where, 'a number from -1000000 to 1000000', value)
  }
  return parsed
}

/** @throws OstroError `invalid-argument` unless it is a whole number in the range */
export function readCount(where: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
  throw refuse(where, `a whole number from ${least} to ${most}`, value)
}

/** @throws OstroError `invalid-argument` unless it is one of the words */
export function readWord<const W extends string>(where: string, value: unknown, words: readonly W[]): W {
  const found = words.find((word) => word === value)
  if (found === undefined) throw refuse(where, words.join(', '), value)
  return found
}

/** Powers with greater exponents have more digits than anybody reads. */
export function checkExponent(where: string, exponent: Fraction): Fraction {
  const limit = fraction(1000)
  if (compare(exponent, limit) <= 0 && compare(exponent, fraction(-1000)) >= 0) return exponent
  throw refuse(where, 'exponents from -1000 to 1000', `${floor(exponent)}`)
}

function refuse(where: string, expected: string, got: unknown): OstroError {
  const text = (JSON.stringify(got) ?? String(got)).slice(0, 80)
  return new OstroError('invalid-argument', `explain: ${where}: expected ${expected}, got ${text}.`, {
    where,
    expected,
  })
}

/**
 * Values as the leaderboard's checker sees them. It is written in Python, where 5 and 5.0 are of two types and equal, so whole
 * numbers are kept as bigint and floats as number from the moment JSON is read.
 */
import { OstroError } from '../../util/error.ts'

export type PythonValue =
  | string
  | boolean
  | null
  /** int */
  | bigint
  /** float */
  | number
  | readonly PythonValue[]
  | PythonRecord

export interface PythonRecord {
  readonly [key: string]: PythonValue
}

export type PythonType = 'str' | 'bool' | 'NoneType' | 'int' | 'float' | 'list' | 'dict'

/** @throws OstroError `invalid-argument` for text that is no JSON. */
export function readPythonJson(text: string): PythonValue {
  try {
    return JSON.parse(text, keepNumberType) as PythonValue
  } catch (cause) {
    throw new OstroError('invalid-argument', `bfcl: expected JSON, got ${text.slice(0, 80)}.`, { text }, { cause })
  }
}

/** The third argument (the number's own spelling) is in the language, and not yet in the compiler's declarations of `JSON.parse`. */
function keepNumberType(this: unknown, _key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number') return value
  const source = context?.source
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value
}

export function typeOf(value: PythonValue): PythonType {
  switch (typeof value) {
    case 'string':
      return 'str'
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int'
    case 'number':
      return 'float'
    default:
      return value === null ? 'NoneType' : Array.isArray(value) ? 'list' : 'dict'
  }
}

export const isList = (value: PythonValue): value is readonly PythonValue[] => Array.isArray(value)

export const isRecord = (value: PythonValue): value is PythonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `==`: numbers and truth values compare as numbers, containers member by member. */
export function equal(a: PythonValue, b: PythonValue): boolean {
  if (isNumeric(a) && isNumeric(b)) return asNumber(a) === asNumber(b)
  if (isList(a) && isList(b)) return a.length === b.length && a.every((member, index) => equal(member, b[index]))
  if (isRecord(a) && isRecord(b)) {
    const keys = Object.keys(a)
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]))
  }
  return a === b
}

/** `value in list` */
export function contains(list: readonly PythonValue[], value: PythonValue): boolean {
  return list.some((member) => equal(member, value))
}

/** Strings are compared without case, blanks and the signs `,./-_*^`, and with one kind of quotation mark. */
function normaliseText(text: string): string {
  return text
    .replace(/[ ,./\-_*^]/g, '')
    .toLowerCase()
    .replaceAll("'", '"')
}

export function normalise(value: PythonValue): PythonValue {
  return typeof value === 'string' ? normaliseText(value) : value
}

type Numeric = boolean | bigint | number

function isNumeric(value: PythonValue): value is Numeric {
  return typeof value === 'boolean' || typeof value === 'bigint' || typeof value === 'number'
}

/** Exact for what occurs; beyond 2^53 an int that a double can't hold would compare equal to its neighbour. */
function asNumber(value: Numeric): number | bigint {
  if (typeof value === 'bigint') {
    const rounded = Number(value)
    return BigInt(rounded) === value ? rounded : value
  }
  return Number(value)
}

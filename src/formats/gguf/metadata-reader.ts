/** Typed access to metadata: a missing or mistyped key becomes an error that names the key, what was expected and what is there. */
import { OstroError } from '../../util/error.ts'
import type { GgufFile, GgufNumbers, GgufValue } from './gguf-file.ts'
import { isGgufStrings } from './gguf-strings.ts'

/**
 * Each getter throws OstroError 'invalid-file' where the key has another type. Without a fallback a missing key is 'not-found';
 * with one (which may be `undefined`) it is the fallback.
 */
export interface MetadataReader {
  has(key: string): boolean
  getString(key: string): string
  getString<Fallback>(key: string, fallback: Fallback): string | Fallback
  /** A finite number; also 64-bit integers, where they are safe. */
  getNumber(key: string): number
  getNumber<Fallback>(key: string, fallback: Fallback): number | Fallback
  /** A whole number >= 0: a count, a size, a token id. */
  getCount(key: string): number
  getCount<Fallback>(key: string, fallback: Fallback): number | Fallback
  getBoolean(key: string): boolean
  getBoolean<Fallback>(key: string, fallback: Fallback): boolean | Fallback
  /** An array of numbers of any type; 64-bit integers must be safe. A fresh array. */
  getNumbers(key: string): number[]
  getNumbers<Fallback>(key: string, fallback: Fallback): number[] | Fallback
  getBooleans(key: string): boolean[]
  getBooleans<Fallback>(key: string, fallback: Fallback): boolean[] | Fallback
  /** Decoded text; broken UTF-8 becomes U+FFFD (take the bytes from `metadata` itself). */
  getStrings(key: string): string[]
  getStrings<Fallback>(key: string, fallback: Fallback): string[] | Fallback
}

export function metadataReader(file: Pick<GgufFile, 'metadata' | 'metadataTypes'>): MetadataReader {
  const { metadata, metadataTypes } = file

  function get<Value>(
    key: string,
    expected: string,
    convert: (value: GgufValue) => Value | undefined,
    fallback: readonly unknown[],
  ): Value {
    const value = metadata.get(key)
    if (value === undefined) {
      if (fallback.length > 0) return fallback[0] as Value
      throw new OstroError('not-found', `GGUF metadata: key "${key}" (${expected}) expected, the file has none.`, {
        key,
      })
    }
    const converted = convert(value)
    if (converted !== undefined) return converted
    const type = metadataTypes.get(key) ?? typeof value
    const shown = typeof value === 'object' ? `${value.length} entries` : String(value).slice(0, 80)
    throw new OstroError('invalid-file', `GGUF metadata: key "${key}": ${expected} expected, got ${type} (${shown}).`, {
      key,
      type,
    })
  }

  return {
    has: (key) => metadata.has(key),
    getString: (key: string, ...fallback: unknown[]) => get(key, 'a string', asString, fallback),
    getNumber: (key: string, ...fallback: unknown[]) => get(key, 'a finite number', asNumber, fallback),
    getCount: (key: string, ...fallback: unknown[]) => get(key, 'a whole number >= 0', asCount, fallback),
    getBoolean: (key: string, ...fallback: unknown[]) => get(key, 'a boolean', asBoolean, fallback),
    getNumbers: (key: string, ...fallback: unknown[]) => get(key, 'an array of numbers', asNumbers, fallback),
    getStrings: (key: string, ...fallback: unknown[]) => get(key, 'an array of strings', asStrings, fallback),
    getBooleans: (key: string, ...fallback: unknown[]) => {
      const convert = (value: GgufValue): boolean[] | undefined =>
        metadataTypes.get(key) === 'array<bool>' ? asNumbers(value)?.map(Boolean) : undefined
      return get(key, 'an array of booleans', convert, fallback)
    },
  }
}

function asString(value: GgufValue): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function asNumber(value: GgufValue): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function asCount(value: GgufValue): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function asBoolean(value: GgufValue): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

function asStrings(value: GgufValue): string[] | undefined {
  return isGgufStrings(value) ? value.toArray() : undefined
}

function asNumbers(value: GgufValue): number[] | undefined {
  if (typeof value !== 'object' || isGgufStrings(value)) return undefined
  return value instanceof BigInt64Array || value instanceof BigUint64Array ? safeNumbers(value) : numbersOf(value)
}

function numbersOf(values: Exclude<GgufNumbers, BigInt64Array | BigUint64Array>): number[] {
  return Array.from<number>(values)
}

function safeNumbers(values: BigInt64Array | BigUint64Array): number[] | undefined {
  const numbers = Array.from<bigint, number>(values, Number)
  return numbers.every(Number.isSafeInteger) ? numbers : undefined
}

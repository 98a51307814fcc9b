/** Checked access to the values of a configuration, of GGUF metadata or of a config.json alike. */
import { OstroError } from '../util/error.ts'

/** Key -> value; of GGUF `llama.block_count`, of JSON `num_hidden_layers`. Nested objects are plain objects. */
export interface ConfigFields {
  readonly source: string
  get(key: string): unknown
}

export function fieldsOfMap(source: string, map: ReadonlyMap<string, unknown>): ConfigFields {
  return { source, get: (key) => map.get(key) }
}

export function fieldsOfObject(source: string, object: Readonly<Record<string, unknown>>): ConfigFields {
  return { source, get: (key) => (Object.hasOwn(object, key) ? (object[key] ?? undefined) : undefined) }
}

/** Keys with a prefix taken for granted: `withPrefix(metadata, 'llama.').get('block_count')`. */
export function withPrefix(fields: ConfigFields, prefix: string): ConfigFields {
  return { source: fields.source, get: (key) => fields.get(prefix + key) ?? undefined }
}

/** What a file leaves out, because it is the default of its architecture. */
export function withDefaults(fields: ConfigFields, defaults: Readonly<Record<string, unknown>>): ConfigFields {
  return { source: fields.source, get: (key) => fields.get(key) ?? defaults[key] }
}

/** The nested object at `key`, or undefined. @throws OstroError `invalid-file` when it is something else. */
export function optionalObject(fields: ConfigFields, key: string): ConfigFields | undefined {
  const value = fields.get(key)
  if (value === undefined) return undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuseField(fields, key, 'an object', value)
  return fieldsOfObject(`${fields.source} ${key}`, value as Readonly<Record<string, unknown>>)
}

/** @throws OstroError `invalid-file` naming the key. */
export function refuseField(fields: ConfigFields, key: string, expected: string, got: unknown): never {
  const message = `${fields.source}: expected ${expected} at '${key}', got ${showValue(got)}.`
  throw new OstroError('invalid-file', message, { key, expected })
}

/** Short, whatever a corrupt file holds. */
function showValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80))
  if (typeof value !== 'object' || value === null) return String(value)
  return 'length' in value ? `a list of ${String(value.length)}` : 'an object'
}

/** A finite number; `fallback` when the key is absent. @throws OstroError `invalid-file`. */
export function readNumber(fields: ConfigFields, key: string, fallback?: number): number {
  return optionalNumber(fields, key) ?? fallback ?? refuseField(fields, key, 'a number', undefined)
}

/** A finite number, or undefined when the key is absent. @throws OstroError `invalid-file`. */
export function optionalNumber(fields: ConfigFields, key: string): number | undefined {
  const value = fields.get(key)
  if (value === undefined) return undefined
  const number = typeof value === 'bigint' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number)
    ? number
    : refuseField(fields, key, 'a finite number', value)
}

/** Most of any size that a configuration may state: it bounds what a corrupt file can make us build. */
const largestCount = 2 ** 24

/** An integer from 1 to 2^24; `fallback` when the key is absent. @throws OstroError `invalid-file`. */
export function readCount(fields: ConfigFields, key: string, fallback?: number): number {
  return optionalCount(fields, key) ?? fallback ?? refuseField(fields, key, 'a count', undefined)
}

/** An integer from 1 to 2^24, undefined when absent. A list of equal counts (one per layer) is that count. */
export function optionalCount(fields: ConfigFields, key: string): number | undefined {
  const value = fields.get(key)
  if (value === undefined) return undefined
  const list = listOf(value)
  const first = list === undefined ? value : list[0]
  if (list !== undefined && list.some((item) => item !== first))
    refuseField(fields, key, 'one count for all layers', value)
  const number = typeof first === 'bigint' ? Number(first) : first
  const fits = typeof number === 'number' && Number.isSafeInteger(number) && number >= 1 && number <= largestCount
  return fits ? number : refuseField(fields, key, `a count from 1 to ${largestCount}`, value)
}

/** A number above 0. @throws OstroError `invalid-file`. */
export function readPositive(fields: ConfigFields, key: string, fallback?: number): number {
  const value = readNumber(fields, key, fallback)
  return value > 0 ? value : refuseField(fields, key, 'a number above 0', value)
}

export function optionalString(fields: ConfigFields, key: string): string | undefined {
  const value = fields.get(key)
  if (value === undefined || typeof value === 'string') return value
  return refuseField(fields, key, 'a string', value)
}

/** A list of finite numbers, or undefined when the key is absent. @throws OstroError `invalid-file`. */
export function optionalNumbers(fields: ConfigFields, key: string): readonly number[] | undefined {
  const value = fields.get(key)
  if (value === undefined) return undefined
  const list = listOf(value)
  if (list === undefined || !list.every((item) => typeof item === 'number' && Number.isFinite(item))) {
    return refuseField(fields, key, 'a list of numbers', value)
  }
  return list as readonly number[]
}

/** Readers give a list of flags as booleans or as bytes. Undefined when the file has none. */
export function optionalFlags(fields: ConfigFields, key: string): readonly boolean[] | undefined {
  const value = fields.get(key)
  if (value === undefined) return undefined
  if (Array.isArray(value) || value instanceof Uint8Array) return Array.from(value, Boolean)
  return refuseField(fields, key, 'a list of flags', value)
}

/** Longest list that a configuration may hold: one entry per layer or per rotated pair. */
const longestList = 4096

function listOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value.length <= longestList ? value : undefined
  if (!ArrayBuffer.isView(value) || value instanceof DataView) return undefined
  const view = value as unknown as Iterable<unknown> & { readonly length: number }
  return view.length <= longestList ? Array.from(view) : undefined
}

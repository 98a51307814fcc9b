/** Typed access to the fields of a tokenizer.json: a value of the wrong type is an error that names the path. */
import { OstroError } from '../util/error.ts'

export interface JsonObject {
  readonly path: string
  readonly fields: Readonly<Record<string, unknown>>
}

export function asObject(value: unknown, path: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return { path, fields: value as Record<string, unknown> }
  }
  throw wrongType(path, 'an object', value)
}

/** A field; a missing one and `null` are both undefined. Inherited names such as `constructor` are not fields. */
export function field(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object.fields, name) ? (object.fields[name] ?? undefined) : undefined
}

export function objectField(object: JsonObject, name: string): JsonObject | undefined {
  const value = field(object, name)
  return value === undefined ? undefined : asObject(value, `${object.path}.${name}`)
}

export function listField(object: JsonObject, name: string): readonly unknown[] {
  const value = field(object, name)
  if (value === undefined) return []
  // A copy has no holes, which a list from elsewhere than JSON.parse may have.
  if (Array.isArray(value)) return [...value]
  throw wrongType(`${object.path}.${name}`, 'a list', value)
}

export function textField(object: JsonObject, name: string): string | undefined {
  const value = field(object, name)
  if (value === undefined || typeof value === 'string') return value
  throw wrongType(`${object.path}.${name}`, 'a text', value)
}

export function flagField(object: JsonObject, name: string): boolean | undefined {
  const value = field(object, name)
  if (value === undefined || typeof value === 'boolean') return value
  throw wrongType(`${object.path}.${name}`, 'true or false', value)
}

export function numberField(object: JsonObject, name: string): number | undefined {
  const value = field(object, name)
  if (value === undefined || typeof value === 'number') return value
  throw wrongType(`${object.path}.${name}`, 'a number', value)
}

export function needText(object: JsonObject, name: string): string {
  const value = textField(object, name)
  if (value === undefined) throw wrongType(`${object.path}.${name}`, 'a text', undefined)
  return value
}

export function wrongType(path: string, expected: string, got: unknown): OstroError {
  const shown = describeValue(got)
  return new OstroError('invalid-file', `${path}: expected ${expected}, got ${shown}. The file is damaged.`, { path })
}

/** A part that is well formed but of a kind that Ostro does not know. */
export function unknownKind(path: string, kind: string): OstroError {
  return new OstroError(
    'unsupported',
    `${path}: the kind ${JSON.stringify(kind.slice(0, 60))} is not supported. Guessing would give wrong tokens; use a GGUF of the model.`,
    { path, kind },
  )
}

/** A value in a few words, for messages; never walks into what a stranger's file nests. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value)
}

/** Far above every real vocabulary; keeps a wrong id from asking for gigabytes. */
const MAX_TOKENS = 1 << 22

/** @throws OstroError `invalid-file` for what is no id. */
export function tokenId(value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < MAX_TOKENS) return value
  throw wrongType(path, `a token id below ${MAX_TOKENS}`, value)
}

/** The subset of JSON schema that `strict: true` promises: every object closed, every property required. */
import { OstroError } from '../util/error.ts'
import type { JsonValue } from '../util/json.ts'

type Schema = { readonly [key: string]: JsonValue }

/** @throws OstroError `invalid-argument` with the pointer of the first object that is open or has an optional property */
export function checkStrictSubset(schema: JsonValue, pointer: string): void {
  if (Array.isArray(schema)) return schema.forEach((part, index) => checkStrictSubset(part, `${pointer}/${index}`))
  if (!isSchema(schema)) return
  const isObject = schema['type'] === 'object' || isSchema(schema['properties'])
  if (isObject) checkObject(schema, pointer)
  for (const key of ['properties', '$defs', 'definitions']) {
    const group = schema[key]
    if (!isSchema(group)) continue
    for (const [name, part] of Object.entries(group)) {
      checkStrictSubset(part, `${pointer}/${key}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    }
  }
  for (const key of ['items', 'anyOf', 'allOf', 'oneOf', 'prefixItems', 'not', 'if', 'then', 'else']) {
    if (key in schema) checkStrictSubset(schema[key], `${pointer}/${key}`)
  }
}

function checkObject(schema: Schema, pointer: string): void {
  if (schema['additionalProperties'] !== false) {
    throw refused(`${pointer}/additionalProperties`, 'false expected')
  }
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const properties = isSchema(schema['properties']) ? Object.keys(schema['properties']) : []
  const optional = properties.find((name) => !required.includes(name))
  if (optional !== undefined) throw refused(`${pointer}/required`, `all properties expected, ${optional} is missing`)
}

function isSchema(value: JsonValue | undefined): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refused(pointer: string, what: string): OstroError {
  const message = `chat: ${pointer}: ${what} with strict: true. Mend the schema, or leave strict out: it is enforced either way.`
  return new OstroError('invalid-argument', message, { pointer })
}

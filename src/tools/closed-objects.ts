/**
 * Objects of a schema that lists their properties and says nothing of others. What a model would add there is its own invention,
 * so it is kept to the list: every value of the narrower schema is one of the schema that was given.
 */
import type { JsonValue } from '../util/json.ts'

type Schema = { readonly [key: string]: JsonValue }

/** Keywords that speak of further properties, or add some from elsewhere. */
const otherProperties = [
  'additionalProperties',
  'unevaluatedProperties',
  'patternProperties',
  'propertyNames',
  'minProperties',
  'dependentRequired',
  'dependentSchemas',
  'dependencies',
  '$ref',
  '$dynamicRef',
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
] as const

export function closeObjects(schema: JsonValue): JsonValue {
  if (!isSchema(schema)) return schema
  const { properties, items } = schema
  const inner = {
    ...schema,
    ...(isSchema(properties) ? { properties: closeEach(properties) } : {}),
    ...(isSchema(items) ? { items: closeObjects(items) } : {}),
  }
  return isSchema(properties) && isClosable(schema, properties) ? { ...inner, additionalProperties: false } : inner
}

function closeEach(properties: Schema): Schema {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, closeObjects(schema)]))
}

function isClosable(schema: Schema, properties: Schema): boolean {
  if (otherProperties.some((keyword) => keyword in schema)) return false
  const { required } = schema
  return (
    !Array.isArray(required) || required.every((name) => typeof name === 'string' && Object.hasOwn(properties, name))
  )
}

function isSchema(value: JsonValue | undefined): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

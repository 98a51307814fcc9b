/**
 * Looks through all that a schema can reach before anything is generated: malformed keywords, references into the void, patterns that
 * cannot be followed and circles without a value in between are refused here, each with its place.
 */
import type { JsonValue } from '../../util/json.ts'
import { isObject, subschemasOf } from './dialect.ts'
import type { Obligations } from './obligations.ts'
import { patternFormula } from './pattern.ts'
import { refuse, type SchemaNode, type SchemaObject } from './schema-node.ts'

const typeNames = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object']
const references = ['$ref', '$dynamicRef', '$recursiveRef'] as const
/** Keywords that speak of the same value, and so may not lead back to their schema. */
const inPlace = /^\/(allOf|anyOf|oneOf|not|if|then|else|dependentSchemas|dependencies)(\/|$)/

type Check = (value: JsonValue) => string | undefined

const isArrayOf = (test: (value: JsonValue) => boolean) => (value: JsonValue) =>
  Array.isArray(value) && value.every((item) => test(item as JsonValue))
const isString = (value: JsonValue) => typeof value === 'string'
const isSchema = (value: JsonValue) => typeof value === 'boolean' || isObject(value)
const expects =
  (what: string, test: (value: JsonValue) => boolean): Check =>
  (value) =>
    test(value) ? undefined : what

const aNumber = expects('a number', (value) => typeof value === 'number')
const aCount = expects(
  'a whole number, 0 or more',
  (value) => typeof value === 'number' && value >= 0 && value % 1 === 0,
)
const aSchema = expects('a schema', isSchema)
const schemas = expects('a list of schemas', isArrayOf(isSchema))
const schemasByName = expects(
  'an object of schemas',
  (value) => isObject(value) && Object.values(value).every(isSchema),
)
const names = expects('a list of names', isArrayOf(isString))
const flag = expects('true or false', (value) => typeof value === 'boolean')

const checks: Readonly<Record<string, Check>> = {
  type: expects(
    `one or several of ${typeNames.join(', ')}`,
    (value) => typeNames.includes(value as string) || isArrayOf((name) => typeNames.includes(name as string))(value),
  ),
  enum: expects('a list', Array.isArray),
  minimum: aNumber,
  maximum: aNumber,
  exclusiveMinimum: aNumber,
  exclusiveMaximum: aNumber,
  multipleOf: expects('a number above 0', (value) => typeof value === 'number' && value > 0),
  minLength: aCount,
  maxLength: aCount,
  pattern: expects('a string', isString),
  format: expects('a string', isString),
  minItems: aCount,
  maxItems: aCount,
  uniqueItems: flag,
  minContains: aCount,
  maxContains: aCount,
  minProperties: aCount,
  maxProperties: aCount,
  required: names,
  dependentRequired: expects(
    'an object of lists of names',
    (value) => isObject(value) && Object.values(value).every(isArrayOf(isString)),
  ),
  properties: schemasByName,
  patternProperties: schemasByName,
  dependentSchemas: schemasByName,
  dependencies: expects(
    'an object of schemas or lists of names',
    (value) => isObject(value) && Object.values(value).every((item) => isSchema(item) || isArrayOf(isString)(item)),
  ),
  additionalProperties: aSchema,
  propertyNames: aSchema,
  unevaluatedProperties: aSchema,
  unevaluatedItems: aSchema,
  additionalItems: aSchema,
  contains: aSchema,
  prefixItems: schemas,
  allOf: schemas,
  anyOf: schemas,
  oneOf: schemas,
  not: aSchema,
  if: aSchema,
  then: aSchema,
  else: aSchema,
}

/** Draft by draft, where a keyword came or went (from, to). */
const lifetimes: Readonly<Record<string, readonly [from: number, to: number]>> = {
  minContains: [2019, 2020],
  maxContains: [2019, 2020],
  dependentRequired: [2019, 2020],
  dependentSchemas: [2019, 2020],
  unevaluatedProperties: [2019, 2020],
  unevaluatedItems: [2019, 2020],
  prefixItems: [2020, 2020],
  additionalItems: [4, 2019],
  contains: [6, 2020],
  propertyNames: [6, 2020],
  if: [7, 2020],
  then: [7, 2020],
  else: [7, 2020],
}

/** @throws OstroError `unsupported` with the `pointer` of the place */
export function vet(obligations: Obligations): void {
  const { document, logic } = obligations
  const seen = new Set<SchemaNode>()
  const waiting: SchemaNode[] = [document.root]
  const circles = createCircleCheck()
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node) || !isObject(node.value)) continue
    seen.add(node)
    waiting.push(...vetSchema(node, node.value))
    // A circle has a reference in it.
    if (references.some((keyword) => keyword in (node.value as SchemaObject))) circles(node)
  }

  /** Checks one schema and gives those that it leads to. */
  function vetSchema(node: SchemaNode, schema: SchemaObject): SchemaNode[] {
    const { dialect } = node.resource
    const found: SchemaNode[] = []
    for (const keyword of references) {
      if (keyword in schema && isReference(node, keyword)) found.push(document.resolve(node, keyword))
    }
    if ('$ref' in schema && dialect.refHidesSiblings) return found
    for (const [keyword, value] of Object.entries(schema)) {
      const wrong = isKnown(keyword, dialect.draft) ? checkOf(keyword, dialect.draft)?.(value) : undefined
      if (wrong !== undefined) {
        refuse(
          `${node.pointer}/${keyword}`,
          `expected ${wrong}, got ${shortened(value)}. Correct the schema.`,
          'malformed',
        )
      }
    }
    if (typeof schema['pattern'] === 'string') patternFormula(logic, schema['pattern'], `${node.pointer}/pattern`)
    if (isObject(schema['patternProperties'])) {
      for (const pattern of Object.keys(schema['patternProperties'])) {
        patternFormula(logic, pattern, `${node.pointer}/patternProperties`)
      }
    }
    for (const { value, path } of subschemasOf(schema, dialect)) {
      if (!path.startsWith('/$defs/') && !path.startsWith('/definitions/'))
        found.push(document.below(node, value, path))
    }
    return found
  }

  function createCircleCheck(): (node: SchemaNode) => void {
    const finished = new Set<SchemaNode>()
    const open = new Set<SchemaNode>()
    return function visit(node: SchemaNode): void {
      if (finished.has(node) || !isObject(node.value)) return
      if (open.has(node)) {
        refuse(
          node.pointer,
          'refers to itself without a value in between, which demands nothing definite. Break the circle.',
        )
      }
      open.add(node)
      for (const next of placesInPlace(node, node.value)) visit(next)
      open.delete(node)
      finished.add(node)
    }
  }

  function placesInPlace(node: SchemaNode, schema: SchemaObject): SchemaNode[] {
    const { dialect } = node.resource
    const targets = references
      .filter((keyword) => keyword in schema && isReference(node, keyword))
      .map((keyword) => document.resolve(node, keyword))
    if ('$ref' in schema && dialect.refHidesSiblings) return targets
    for (const { value, path } of subschemasOf(schema, dialect)) {
      if (inPlace.test(path)) targets.push(document.below(node, value, path))
    }
    return targets
  }
}

function isReference(node: SchemaNode, keyword: string): boolean {
  const { draft } = node.resource.dialect
  if (keyword === '$dynamicRef') return draft === 2020
  return keyword !== '$recursiveRef' || draft === 2019
}

function isKnown(keyword: string, draft: number): boolean {
  const lifetime = Object.hasOwn(lifetimes, keyword) ? lifetimes[keyword] : undefined
  return lifetime === undefined || (draft >= lifetime[0] && draft <= lifetime[1])
}

function checkOf(keyword: string, draft: number): Check | undefined {
  if (draft === 4 && (keyword === 'exclusiveMinimum' || keyword === 'exclusiveMaximum')) return flag
  if (keyword === 'items') {
    return draft === 2020 ? aSchema : (value) => (Array.isArray(value) ? schemas(value) : aSchema(value))
  }
  return Object.hasOwn(checks, keyword) ? checks[keyword] : undefined
}

function shortened(value: JsonValue): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

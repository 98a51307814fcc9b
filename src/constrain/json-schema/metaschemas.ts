/**
 * The metaschemas of JSON Schema, for schemas that refer to them: drafts 04, 06 and 07 built from what they share, and 2020-12 with its
 * vocabularies. Descriptions and defaults, which demand nothing, are left out.
 */
import type { JsonValue } from '../../util/json.ts'

type Schema = Readonly<Record<string, JsonValue>>

const self = { $ref: '#' }
const text = { type: 'string' }
const number = { type: 'number' }
const flag = { type: 'boolean' }
const regex = { type: 'string', format: 'regex' }
const typeNames = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']
const draft2020 = 'https://json-schema.org/draft/2020-12/'

/** The metaschema, or vocabulary, of that address; undefined for others. */
export function metaschema(address: string): JsonValue | undefined {
  const legacy = /^https?:\/\/json-schema\.org\/draft-0([467])\/schema$/.exec(address)
  if (legacy !== null) return legacySchema(address, Number(legacy[1]))
  if (!address.startsWith(draft2020)) return undefined
  const name = address.slice(draft2020.length)
  if (name === 'schema') return newestSchema()
  const vocabulary = Object.hasOwn(vocabularies, name) ? vocabularies[name] : undefined
  return (
    vocabulary && {
      $id: address,
      $schema: `${draft2020}schema`,
      $dynamicAnchor: 'meta',
      type: ['object', 'boolean'],
      ...vocabulary,
    }
  )
}

function legacySchema(address: string, draft: number): Schema {
  const count = { $ref: `#/definitions/${draft === 4 ? 'positiveInteger' : 'nonNegativeInteger'}` }
  const countOr0 = { $ref: `#/definitions/${draft === 4 ? 'positiveInteger' : 'nonNegativeInteger'}Default0` }
  const schemas = { $ref: '#/definitions/schemaArray' }
  const names = { $ref: '#/definitions/stringArray' }
  const byName = { type: 'object', additionalProperties: self }
  const schemaOrFlag = draft === 4 ? { anyOf: [flag, self] } : self
  const type = { $ref: '#/definitions/simpleTypes' }
  const distinct = { minItems: 1, uniqueItems: true }
  return {
    [draft === 4 ? 'id' : '$id']: address,
    $schema: address,
    definitions: {
      schemaArray: { type: 'array', minItems: 1, items: self },
      [draft === 4 ? 'positiveInteger' : 'nonNegativeInteger']: { type: 'integer', minimum: 0 },
      [draft === 4 ? 'positiveIntegerDefault0' : 'nonNegativeIntegerDefault0']: { allOf: [count, {}] },
      simpleTypes: { enum: typeNames },
      stringArray: { type: 'array', items: text, uniqueItems: true, ...(draft === 4 ? { minItems: 1 } : {}) },
    },
    type: draft === 4 ? 'object' : ['object', 'boolean'],
    properties: {
      ...(draft === 4 ? { id: text, $schema: text } : newerLegacyProperties(draft)),
      title: text,
      description: text,
      default: {},
      ...(draft === 4
        ? {
            multipleOf: { type: 'number', minimum: 0, exclusiveMinimum: true },
            exclusiveMaximum: flag,
            exclusiveMinimum: flag,
          }
        : { multipleOf: { type: 'number', exclusiveMinimum: 0 }, exclusiveMaximum: number, exclusiveMinimum: number }),
      maximum: number,
      minimum: number,
      maxLength: count,
      minLength: countOr0,
      pattern: regex,
      additionalItems: schemaOrFlag,
      items: { anyOf: [self, schemas] },
      maxItems: count,
      minItems: countOr0,
      uniqueItems: flag,
      maxProperties: count,
      minProperties: countOr0,
      required: names,
      additionalProperties: schemaOrFlag,
      definitions: byName,
      properties: byName,
      patternProperties: draft === 4 ? byName : { ...byName, propertyNames: { format: 'regex' } },
      dependencies: { type: 'object', additionalProperties: { anyOf: [self, names] } },
      enum: { type: 'array', ...(draft === 7 ? {} : distinct) },
      type: { anyOf: [type, { type: 'array', items: type, ...distinct }] },
      format: text,
      allOf: schemas,
      anyOf: schemas,
      oneOf: schemas,
      not: self,
    },
    ...(draft === 4 ? { dependencies: { exclusiveMaximum: ['maximum'], exclusiveMinimum: ['minimum'] } } : {}),
  }
}

/** What draft-06 added, and draft-07. */
function newerLegacyProperties(draft: number): Schema {
  const reference = { type: 'string', format: 'uri-reference' }
  const sixth = {
    $id: reference,
    $schema: { type: 'string', format: 'uri' },
    $ref: reference,
    examples: { type: 'array' },
    contains: self,
    propertyNames: self,
    const: {},
  }
  if (draft === 6) return sixth
  const media = { contentMediaType: text, contentEncoding: text }
  return { ...sixth, ...media, $comment: text, readOnly: flag, writeOnly: flag, if: self, then: self, else: self }
}

const schema = { $dynamicRef: '#meta' }
const schemaList = { $ref: '#/$defs/schemaArray' }
const schemaMap = { type: 'object', additionalProperties: schema }
const count = { $ref: '#/$defs/nonNegativeInteger' }
const names = { $ref: '#/$defs/stringArray' }
const anchor = { type: 'string', pattern: '^[A-Za-z_][-A-Za-z0-9._]*$' }
const reference = { type: 'string', format: 'uri-reference' }

const vocabularies: Readonly<Record<string, Schema>> = {
  'meta/core': {
    properties: {
      $id: { ...reference, pattern: '^[^#]*#?$' },
      $schema: { type: 'string', format: 'uri' },
      $ref: reference,
      $anchor: { $ref: '#/$defs/anchorString' },
      $dynamicRef: reference,
      $dynamicAnchor: { $ref: '#/$defs/anchorString' },
      $vocabulary: { type: 'object', propertyNames: { type: 'string', format: 'uri' }, additionalProperties: flag },
      $comment: text,
      $defs: schemaMap,
    },
    $defs: { anchorString: anchor, uriReferenceString: reference },
  },
  'meta/applicator': {
    properties: {
      prefixItems: schemaList,
      items: schema,
      contains: schema,
      additionalProperties: schema,
      properties: schemaMap,
      patternProperties: { ...schemaMap, propertyNames: { format: 'regex' } },
      dependentSchemas: schemaMap,
      propertyNames: schema,
      if: schema,
      then: schema,
      else: schema,
      allOf: schemaList,
      anyOf: schemaList,
      oneOf: schemaList,
      not: schema,
    },
    $defs: { schemaArray: { type: 'array', minItems: 1, items: schema } },
  },
  'meta/unevaluated': { properties: { unevaluatedItems: schema, unevaluatedProperties: schema } },
  'meta/validation': {
    properties: {
      type: {
        anyOf: [
          { $ref: '#/$defs/simpleTypes' },
          { type: 'array', items: { $ref: '#/$defs/simpleTypes' }, minItems: 1, uniqueItems: true },
        ],
      },
      const: true,
      enum: { type: 'array' },
      multipleOf: { type: 'number', exclusiveMinimum: 0 },
      maximum: number,
      exclusiveMaximum: number,
      minimum: number,
      exclusiveMinimum: number,
      maxLength: count,
      minLength: count,
      pattern: regex,
      maxItems: count,
      minItems: count,
      uniqueItems: flag,
      maxContains: count,
      minContains: count,
      maxProperties: count,
      minProperties: count,
      required: names,
      dependentRequired: { type: 'object', additionalProperties: names },
    },
    $defs: {
      nonNegativeInteger: { type: 'integer', minimum: 0 },
      nonNegativeIntegerDefault0: count,
      simpleTypes: { enum: typeNames },
      stringArray: { type: 'array', items: text, uniqueItems: true },
    },
  },
  'meta/meta-data': {
    properties: {
      title: text,
      description: text,
      default: true,
      deprecated: flag,
      readOnly: flag,
      writeOnly: flag,
      examples: { type: 'array' },
    },
  },
  'meta/format-annotation': { properties: { format: text } },
  'meta/content': { properties: { contentEncoding: text, contentMediaType: text, contentSchema: schema } },
}

function newestSchema(): Schema {
  return {
    $id: `${draft2020}schema`,
    $schema: `${draft2020}schema`,
    $dynamicAnchor: 'meta',
    allOf: Object.keys(vocabularies).map((name) => ({ $ref: name })),
    type: ['object', 'boolean'],
    properties: {
      definitions: schemaMap,
      dependencies: {
        type: 'object',
        additionalProperties: { anyOf: [schema, { $ref: 'meta/validation#/$defs/stringArray' }] },
      },
      $recursiveAnchor: { $ref: 'meta/core#/$defs/anchorString' },
      $recursiveRef: { $ref: 'meta/core#/$defs/uriReferenceString' },
    },
  }
}

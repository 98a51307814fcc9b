/** The drafts of JSON Schema that are understood, and in what they differ. */
import type { JsonValue } from '../../util/json.ts'

export interface Dialect {
  /** Years of the draft, for comparing: 4, 6, 7, 2019, 2020. */
  readonly draft: 4 | 6 | 7 | 2019 | 2020
  /** `$id`, or `id` in draft-04. */
  readonly idKeyword: '$id' | 'id'
  /** A `$ref` hides everything beside it. */
  readonly refHidesSiblings: boolean
}

export const draft2020: Dialect = { draft: 2020, idKeyword: '$id', refHidesSiblings: false }

const dialects: Readonly<Record<string, Dialect>> = {
  'draft-04/schema': { draft: 4, idKeyword: 'id', refHidesSiblings: true },
  'draft-06/schema': { draft: 6, idKeyword: '$id', refHidesSiblings: true },
  'draft-07/schema': { draft: 7, idKeyword: '$id', refHidesSiblings: true },
  'draft/2019-09/schema': { draft: 2019, idKeyword: '$id', refHidesSiblings: false },
  'draft/2020-12/schema': draft2020,
  // The address without a draft means the newest.
  schema: draft2020,
}

/** The dialect that a `$schema` names; undefined where it is unknown. */
export function dialectOf(schemaKeyword: JsonValue | undefined): Dialect | undefined {
  if (typeof schemaKeyword !== 'string') return undefined
  const match = /^https?:\/\/json-schema\.org\/(.+?)#?$/.exec(schemaKeyword.trim())
  return match === null ? undefined : dialects[match[1]]
}

type Position = 'schema' | 'schemas' | 'map' | 'schema-or-schemas' | 'map-or-names'

/** Keywords whose value is or holds schemas, with the drafts (from, to) that know them. */
const applicators: Readonly<Record<string, readonly [Position, from: number, to: number]>> = {
  $defs: ['map', 2019, 2020],
  definitions: ['map', 4, 2020],
  properties: ['map', 4, 2020],
  patternProperties: ['map', 4, 2020],
  additionalProperties: ['schema', 4, 2020],
  propertyNames: ['schema', 6, 2020],
  unevaluatedProperties: ['schema', 2019, 2020],
  dependentSchemas: ['map', 2019, 2020],
  // 2019-09 moved it aside but asks implementations to go on serving it.
  dependencies: ['map-or-names', 4, 2020],
  items: ['schema-or-schemas', 4, 2020],
  prefixItems: ['schemas', 2020, 2020],
  additionalItems: ['schema', 4, 2019],
  unevaluatedItems: ['schema', 2019, 2020],
  contains: ['schema', 6, 2020],
  allOf: ['schemas', 4, 2020],
  anyOf: ['schemas', 4, 2020],
  oneOf: ['schemas', 4, 2020],
  not: ['schema', 4, 2020],
  if: ['schema', 7, 2020],
  then: ['schema', 7, 2020],
  else: ['schema', 7, 2020],
}

export interface Subschema {
  readonly value: JsonValue
  /** JSON pointer from the schema to it. */
  readonly path: string
}

/** The schemas that stand directly in a schema of that dialect. */
export function* subschemasOf(schema: Readonly<Record<string, JsonValue>>, dialect: Dialect): Iterable<Subschema> {
  for (const [keyword, value] of Object.entries(schema)) {
    const applicator = Object.hasOwn(applicators, keyword) ? applicators[keyword] : undefined
    if (applicator === undefined) continue
    const [position, from, to] = applicator
    if (dialect.draft < from || dialect.draft > to) continue
    const path = `/${escapePointer(keyword)}`
    if (Array.isArray(value)) {
      if (position === 'schemas' || position === 'schema-or-schemas') {
        for (let index = 0; index < value.length; index++) yield { value: value[index], path: `${path}/${index}` }
      }
    } else if (position === 'map' || position === 'map-or-names') {
      if (!isObject(value)) continue
      for (const [name, member] of Object.entries(value)) {
        if (!Array.isArray(member)) yield { value: member, path: `${path}/${escapePointer(name)}` }
      }
    } else yield { value, path }
  }
}

export function isObject(value: JsonValue | undefined): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function escapePointer(name: string): string {
  return /[~/]/.test(name) ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name
}

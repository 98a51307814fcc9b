/**
 * Arguments that hold a value which the calls before do not. Models that were not trained on calls write the last one once more; a further
 * call is worth making for what is left of the request.
 */
import type { JsonValue } from '../util/json.ts'

/** What a request says and no call holds. */
export interface LeftoverValues {
  readonly numbers: readonly number[]
  readonly texts: readonly string[]
}

/** Parameters that have to hold such a value, each or one of them. */
export interface HeldParameters {
  readonly parameters: { readonly [name: string]: LeftoverValues }
  readonly every: boolean
}

type Schema = { readonly [keyword: string]: JsonValue }

/** Keywords of the schemas in which some value can be asked for: beside others a demand could leave nothing. */
const plainKeywords = ['type', 'title', 'description', 'default', 'examples', 'enum', 'items']
const plainObjectKeywords = [
  'type',
  'title',
  'description',
  'properties',
  'required',
  'additionalProperties',
  '$schema',
]

/** The demands that a schema can be given: one schema of an object for each parameter that could hold a value asked for. */
function waysToHold(parameters: Schema, asked: HeldParameters['parameters']): readonly Schema[] {
  const { properties } = parameters
  if (!isSchema(properties) || !hasOnly(parameters, plainObjectKeywords)) return []
  return Object.entries(asked).flatMap(([key, left]) => {
    const held = Object.hasOwn(properties, key) ? valueWithin(properties[key], left) : undefined
    return held === undefined ? [] : [{ required: [key], properties: { [key]: held } }]
  })
}

/** What to demand beside a schema, as members of its `allOf`; none where it could leave nothing. */
export function holdLeftover(parameters: Schema, { parameters: asked, every }: HeldParameters): readonly Schema[] {
  const ways = waysToHold(parameters, asked)
  return every || ways.length === 0 ? ways : [{ anyOf: ways }]
}

/** What a value of that schema is if it holds one of the leftover values. Undefined where it can't. */
function valueWithin(schema: JsonValue | undefined, left: LeftoverValues): Schema | undefined {
  if (!isSchema(schema) || !hasOnly(schema, plainKeywords)) return undefined
  const { type, items, enum: members } = schema
  const { numbers, texts } = left
  if (Array.isArray(members)) {
    const meant = members.filter((member) => numbers.includes(member as number) || texts.includes(member as string))
    return meant.length === 0 ? undefined : { enum: meant }
  }
  switch (type) {
    case 'integer':
    case 'number': {
      const fitting = numbers.filter((value) => type === 'number' || Number.isInteger(value))
      return fitting.length === 0 ? undefined : { enum: fitting }
    }
    case 'string': {
      const beginning = texts.map((text) => `^${escapePattern(text)}`)
      const within = numbers.map((value) => `(^|[^0-9.])${escapePattern(String(value))}([^0-9]|$)`)
      return texts.length + numbers.length === 0 ? undefined : { pattern: [...beginning, ...within].join('|') }
    }
    case 'array': {
      const item = valueWithin(items, left)
      return item === undefined ? undefined : { contains: item }
    }
    default:
      return undefined
  }
}

function hasOnly(schema: Schema, keywords: readonly string[]): boolean {
  return Object.keys(schema).every((keyword) => keywords.includes(keyword))
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

function isSchema(value: JsonValue | undefined): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * A part of a schema that holds nearly all calls worth making. Models that were not trained on calls leave required texts and
 * lists empty and repeat the members of a list without end; what they write within this part is valid by the whole schema too.
 */
import type { Grammar } from '../constrain/grammar.ts'
import { closeObjects } from './closed-objects.ts'
import type { JsonValue } from '../util/json.ts'
import { type CompileSchema, compileParameters, type ToolUse } from './check-tools.ts'
import { type HeldParameters, holdLeftover } from './hold-leftover.ts'
import type { CallableTool } from './turn/turn.ts'

type Schema = { readonly [keyword: string]: JsonValue }

/** The callable tools of a turn, their arguments narrowed, and further where a call of theirs has to hold some value. */
export function narrowTools(
  { definitions, callable }: ToolUse,
  compile: CompileSchema,
  demands: ReadonlyMap<string, HeldParameters> = new Map(),
): CallableTool[] {
  return callable.map((tool) => {
    const index = definitions.findIndex(({ function: { name } }) => name === tool.name)
    const parameters = definitions[index]?.function.parameters
    if (parameters === undefined || tool.ownGrammar === true) return tool
    let grammar: Grammar | undefined
    const pointer = `/tools/${index}/function/parameters`
    const make = (): Grammar => compileParameters(narrowed(parameters, demands.get(tool.name)), pointer, compile)
    return { name: tool.name, arguments: () => (grammar ??= make()).start }
  })
}

function narrowed(parameters: Schema, demand: HeldParameters | undefined): Schema {
  const narrow = narrowParameters(parameters)
  const demanded = demand === undefined ? [] : holdLeftover(parameters, demand)
  // Closed here, since an object with `allOf` would be left open.
  return demanded.length === 0 ? narrow : { ...(closeObjects(narrow) as Schema), allOf: demanded }
}

/** The schema of an object with its properties narrowed; whatever is no plain schema of one type stays as it is. */
export function narrowParameters(parameters: Schema): Schema {
  const { properties, required } = parameters
  if (!isSchema(properties)) return parameters
  const needed = Array.isArray(required) ? required : []
  const narrowed = Object.entries(properties).map(([key, schema]) => [key, narrow(schema, needed.includes(key))])
  return { ...parameters, properties: Object.fromEntries(narrowed) as Schema }
}

function narrow(schema: JsonValue, required: boolean): JsonValue {
  if (!isSchema(schema) || !isPlain(schema)) return schema
  switch (schema['type']) {
    case 'string':
      return { ...schema, pattern: firstCharacter }
    case 'array': {
      const items = schema['items'] === undefined ? {} : { items: narrow(schema['items'], true) }
      return {
        ...(required ? { minItems: 1 } : {}),
        ...(ofTexts(schema) ? { uniqueItems: true } : {}),
        ...schema,
        ...items,
      }
    }
    case 'object':
      return narrowParameters(schema)
    default:
      return schema
  }
}

/** A model that has lost its way goes on as if the text were over: `","`. */
const firstCharacter = '^[^\\s,]'

/** Keywords beside which a further bound could contradict. */
const bounding = [
  'enum',
  'const',
  'maxLength',
  'maxItems',
  'minItems',
  'pattern',
  '$ref',
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
]

function isPlain(schema: Schema): boolean {
  return bounding.every((keyword) => schema[keyword] === undefined)
}

function ofTexts({ items }: Schema): boolean {
  return isSchema(items) && items['type'] === 'string'
}

function isSchema(value: JsonValue | undefined): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Functions in a few words for models that were not trained on JSON schemas: a line per parameter, types spelled out. */
import type { JsonValue } from '../util/json.ts'
import type { ToolDefinition } from './chat-model.ts'

type Schema = { readonly [keyword: string]: JsonValue }

export function describeTools(tools: readonly ToolDefinition[]): string {
  return tools.map(describeTool).join('\n')
}

function describeTool({ function: { name, description, parameters } }: ToolDefinition): string {
  const properties = Object.entries(asSchema(parameters?.['properties'] ?? {}))
  const required = requiredOf(parameters ?? {})
  const lines = properties.map(([key, value]) => {
    const schema = asSchema(value)
    const optional = required.includes(key) ? '' : ', optional'
    return `- ${key} (${typeText(schema)}${optional})${sentence(schema['description'])}`
  })
  return [`${name}${sentence(description)}`, ...lines].join('\n')
}

/** A description in the line of its name. */
function sentence(text: JsonValue | undefined): string {
  return typeof text === 'string' && text.trim() !== '' ? `: ${text.trim().replaceAll(/\s*\n\s*/g, ' ')}` : ''
}

/** `integer`, `array of string`, `"a" or "b"`, `object {street: string, number?: integer}`; other schemas as they are. */
function typeText(schema: Schema): string {
  const { type, enum: choices, items, properties } = schema
  if (Array.isArray(choices)) {
    const values = choices.map((choice) => JSON.stringify(choice)).join(' or ')
    return typeof type === 'string' ? `${type}: ${values}` : values
  }
  if (Array.isArray(type)) return type.join(' or ')
  if (typeof type !== 'string') return JSON.stringify(withoutDescription(schema))
  if (type === 'array' && items !== undefined) return `array of ${typeText(asSchema(items))}`
  if (type !== 'object' || properties === undefined) return type
  const required = requiredOf(schema)
  const members = Object.entries(asSchema(properties)).map(
    ([key, value]) => `${key}${required.includes(key) ? '' : '?'}: ${typeText(asSchema(value))}`,
  )
  return `object {${members.join(', ')}}`
}

function withoutDescription({ description: _, ...schema }: Schema): Schema {
  return schema
}

function requiredOf(schema: Schema): readonly JsonValue[] {
  return Array.isArray(schema['required']) ? schema['required'] : []
}

/** `true` and `false` are schemas too, and say nothing. */
function asSchema(value: JsonValue): Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : {}
}

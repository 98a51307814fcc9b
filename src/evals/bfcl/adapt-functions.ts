/**
 * The data set's functions as tools: its type names become JSON Schema's, names lose characters that a tool's name can't have, and
 * foreign languages' values become strings, all in the way of the leaderboard's own client, so that figures can be compared.
 */
import type { ToolDefinition } from '../../chat/index.ts'
import type { JsonValue } from '../../util/json.ts'
import type { FunctionDescription, Language, ParameterDescription } from './check-call.ts'

export interface AdaptedFunctions {
  readonly tools: readonly ToolDefinition[]
  /** The data set's name of a tool. */
  readonly originalName: (name: string) => string
}

export function adaptFunctions(functions: readonly FunctionDescription[], language: Language): AdaptedFunctions {
  const originalNames = new Map<string, string>()
  const tools = functions.map((description): ToolDefinition => {
    const name = freeName(toolName(description.name), originalNames)
    originalNames.set(name, description.name)
    const { type: _, properties, ...keywords } = description.parameters
    const adapted = mapValues(properties, (parameter) =>
      adaptParameter(language === 'python' ? parameter : asSourceText(parameter, language)),
    )
    return {
      type: 'function',
      function: {
        name,
        description: `${description.description ?? ''} Note that the provided function is in ${languageNames[language]} syntax.`,
        // What is left of the data set's keywords are JSON Schema's own.
        parameters: { type: 'object', properties: adapted, ...(keywords as Record<string, JsonValue>) },
      },
    }
  })
  return { tools, originalName: (name) => originalNames.get(name) ?? name }
}

const languageNames: Readonly<Record<Language, string>> = {
  python: 'Python 3',
  java: 'Java 8 SDK',
  javascript: 'JavaScript',
}

function toolName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64)
}

/** Two functions whose names differ only in such characters stay apart. */
function freeName(name: string, taken: ReadonlyMap<string, string>): string {
  let free = name
  for (let count = 2; taken.has(free); count++) free = `${name.slice(0, 60)}_${count}`
  return free
}

const schemaTypes: Readonly<Record<string, string>> = {
  integer: 'integer',
  number: 'number',
  float: 'number',
  string: 'string',
  boolean: 'boolean',
  bool: 'boolean',
  array: 'array',
  list: 'array',
  tuple: 'array',
  dict: 'object',
  object: 'object',
}

interface Schema {
  readonly [keyword: string]: JsonValue
}

function adaptParameter(parameter: ParameterDescription): Schema {
  const { type: givenType, description, properties, items, ...keywords } = parameter
  // `optional` is a word of the data set alone; whether a parameter is required is said where JSON Schema says it.
  const { optional: _, enum: choices, ...rest } = keywords as Record<string, JsonValue>
  const isFloat = givenType === 'float'
  // A type that JSON Schema has no word for (`any`, `String`) is written as text.
  const type = schemaTypes[givenType ?? ''] ?? 'string'
  const text = isFloat ? `${description ?? ''} This is a float type value.` : description
  return {
    type,
    ...(text === undefined ? {} : { description: text }),
    ...(isFloat ? { format: 'float' } : {}),
    ...rest,
    ...(properties === undefined ? {} : { properties: mapValues(properties, adaptParameter) }),
    ...(items === undefined ? {} : { items: adaptMember(items) }),
    ...(Array.isArray(choices) ? enumOf(type, choices as readonly JsonValue[], items) : {}),
  }
}

/** Members of lists are floats without being called so. */
function adaptMember(items: ParameterDescription): Schema {
  return adaptParameter(items.type === 'float' ? { ...items, type: 'number' } : items)
}

/**
 * Some enumerations contradict their type, and nothing would satisfy both: values of a list are meant for its members, words such
 * as "True" beside a boolean for nothing that could be given.
 */
function enumOf(type: string, choices: readonly JsonValue[], items: ParameterDescription | undefined): Schema {
  const fitting = choices.filter((choice) => isOfType(choice, type))
  if (fitting.length > 0) return { enum: fitting }
  if (type !== 'array') return {}
  const members = items === undefined ? {} : adaptMember(items)
  return { items: { ...members, ...enumOf(String(members['type'] ?? 'string'), choices, undefined) } }
}

function isOfType(value: JsonValue, type: string): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value)
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    default:
      return typeof value === type
  }
}

/** Values of Java and JavaScript are given as source text, their types in words. */
function asSourceText(parameter: ParameterDescription, language: 'java' | 'javascript'): ParameterDescription {
  const { type = 'any', description = '', items, properties, ...keywords } = parameter
  const languageName = language === 'java' ? 'Java' : 'JavaScript'
  const sentences = [
    type === 'any'
      ? `This parameter can be of any type of ${languageName} object in string representation.`
      : `This is ${languageName} ${type} type parameter in string representation.`,
  ]
  if (items?.type !== undefined) {
    sentences.push(`The list elements are of type ${items.type}; they are not in string representation.`)
  }
  if (properties !== undefined) {
    const schema = JSON.stringify(properties)
    sentences.push(`The dictionary entries have the following schema; they are not in string representation. ${schema}`)
  }
  return { ...keywords, type: 'string', description: [description, ...sentences].join(' ') }
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}

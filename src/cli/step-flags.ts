/** Flags of a step, made from the schema of its settings: numbers, texts, choices and lists as people type them, the rest as JSON. */
import { readFile } from 'node:fs/promises'
import type { ArgDef, ArgsDef } from 'citty'
import * as z from 'zod'
import type { StepDefinition } from '../tools/steps/step.ts'
import { kebab, usage } from './arguments.ts'

/** A property of a JSON schema, as far as flags need it. */
interface Property {
  readonly type?: string | undefined
  readonly description?: string | undefined
  readonly default?: unknown
  readonly enum?: readonly unknown[] | undefined
  readonly items?: Property | undefined
}

/** The settings of a step by their names. */
export function settingsOf(step: StepDefinition): Readonly<Record<string, Property>> {
  return propertiesOf(step.config)
}

/** What a step is given by its names. */
export function inputsOf(step: StepDefinition): Readonly<Record<string, Property>> {
  return propertiesOf(step.input)
}

/** Flags for properties, in kebab case. */
export function flagsOf(properties: Readonly<Record<string, Property>>): ArgsDef {
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [kebab(name), flagOf(property)]))
}

/** Reads the flags that were given; what is left out keeps the step's default. @throws OstroError `invalid-argument` */
export async function readFlags(
  properties: Readonly<Record<string, Property>>,
  args: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const given = Object.entries(properties).flatMap(([name, property]) => {
    const value = args[kebab(name)]
    return value === undefined ? [] : [{ name, property, value }]
  })
  const read = given.map(
    async ({ name, property, value }) => [name, await valueOf(kebab(name), property, value)] as const,
  )
  return Object.fromEntries(await Promise.all(read))
}

/** What a schema of a step makes of its flags; its faults are told in flags. @throws OstroError `invalid-argument` */
export async function checkFlags<T>(schema: z.ZodType<T>, values: Readonly<Record<string, unknown>>): Promise<T> {
  const result = await schema.safeParseAsync(values)
  if (result.success) return result.data
  const properties = propertiesOf(schema)
  const faults = result.error.issues.map(({ path: [name, ...within], message }) => {
    if (name === undefined) return message
    const flag = `--${kebab(String(name))}`
    const told = properties[String(name)]?.description
    if (values[String(name)] === undefined) return `${flag} is needed${told === undefined ? '' : `: ${told}`}`
    return `${[flag, ...within.map(String)].join('.')}: ${message}`
  })
  throw usage(faults.join('; '))
}

function propertiesOf(schema: z.ZodType): Readonly<Record<string, Property>> {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return (json.properties ?? {}) as Readonly<Record<string, Property>>
}

function flagOf(property: Property): ArgDef {
  const { description = '', type, enum: choices } = property
  const kind = choices
    ? ` (${choices.join(', ')})`
    : isTextList(property)
      ? ', with commas between'
      : isPlain(type)
        ? ''
        : ', as JSON or @FILE'
  const standard = property.default === undefined ? '' : `; default ${JSON.stringify(property.default)}`
  const text = `${description}${kind}${standard}`
  return type === 'boolean' ? { type: 'boolean', description: text } : { type: 'string', description: text }
}

async function valueOf(flag: string, property: Property, value: unknown): Promise<unknown> {
  if (typeof value !== 'string') return value
  if (property.type === 'number' || property.type === 'integer') {
    const number = Number(value)
    if (value.trim() === '' || !Number.isFinite(number)) throw usage(`expected a number for --${flag}, got ${value}`)
    return number
  }
  if (isTextList(property)) return value.split(',').map((part) => part.trim())
  if (isPlain(property.type)) return value
  const text = value.startsWith('@') ? await readFile(value.slice(1), 'utf8') : value
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw usage(`expected JSON for --${flag}, got ${value}`)
  }
}

const isTextList = ({ type, items }: Property): boolean => type === 'array' && items?.type === 'string'
const isPlain = (type: string | undefined): boolean =>
  type === 'string' || type === 'boolean' || type === 'number' || type === 'integer'

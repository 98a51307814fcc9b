/**
 * Schemas of other libraries (zod, valibot, arktype and whatever else follows Standard Schema) as JSON Schema, and the validation of
 * what a model wrote by the library itself. Spec: https://standardschema.dev (1.1, with the JSON Schema part).
 */
import { OstroError } from '../util/error.ts'
import type { JsonValue } from '../util/json.ts'

export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

interface JsonSchemaOptions {
  readonly target: string
}

/** What every Standard Schema offers. `Input` is what a model writes, `Output` what validation makes of it. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
    readonly jsonSchema?:
      | {
          readonly input: (options: JsonSchemaOptions) => unknown
          readonly output: (options: JsonSchemaOptions) => unknown
        }
      | undefined
  }
}

export type StandardInput<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['input']
export type StandardOutput<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['output']

const TARGET = 'draft-2020-12'

/** Whether `value` follows Standard Schema, version 1. Such schemas are objects or functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  const standard = (value as Partial<StandardSchema>)['~standard']
  return (
    typeof standard === 'object' &&
    standard !== null &&
    standard.version === 1 &&
    typeof standard.validate === 'function'
  )
}

/**
 * The JSON Schema (2020-12) of what the schema takes in, before defaults and transformations: that is what a model has to write.
 * @throws OstroError('unsupported') where the library cannot say it (dates, functions) or offers no JSON Schema
 */
export function jsonSchemaOf(schema: StandardSchema): JsonValue {
  const { vendor, jsonSchema } = schema['~standard']
  const convert = jsonSchema ? () => jsonSchema.input({ target: TARGET }) : olderConversion(schema)
  if (!convert) {
    const advice =
      vendor === 'valibot'
        ? 'Wrap it with toStandardJsonSchema of @valibot/to-json-schema.'
        : 'Give its JSON Schema instead.'
    throw new OstroError(
      'unsupported',
      `standard schema: expected one that knows its JSON Schema, got one of ${vendor} that does not. ${advice}`,
      { vendor },
    )
  }
  let converted: unknown
  try {
    converted = convert()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OstroError(
      'unsupported',
      `standard schema: expected types that JSON has, got ${vendor}'s refusal: ${reason}. Use types of JSON and transform them.`,
      { vendor },
      { cause },
    )
  }
  // Through text: some libraries return class instances or undefined members.
  return JSON.parse(JSON.stringify(converted)) as JsonValue
}

/** Conversions from before the JSON Schema part of the specification. */
function olderConversion(schema: StandardSchema): (() => unknown) | undefined {
  const { toJSONSchema, toJsonSchema } = schema as {
    readonly toJSONSchema?: (options: { io: 'input' }) => unknown
    readonly toJsonSchema?: () => unknown
  }
  if (typeof toJSONSchema === 'function') return () => toJSONSchema.call(schema, { io: 'input' })
  if (typeof toJsonSchema === 'function') return () => toJsonSchema.call(schema)
  return undefined
}

/**
 * What the schema makes of `value`: defaults filled in, transformations done.
 * @throws OstroError('invalid-argument') with the library's messages and paths in `issues`
 */
export async function validateStandard<Schema extends StandardSchema>(
  schema: Schema,
  value: unknown,
): Promise<StandardOutput<Schema>> {
  const result = await schema['~standard'].validate(value)
  if (!result.issues) return result.value
  const issues = result.issues.map(({ message, path = [] }) => ({
    message,
    // Some libraries return an array of a class of their own.
    path: Array.from(path, (part) => (typeof part === 'object' ? part.key : part)),
  }))
  throw new OstroError(
    'invalid-argument',
    `standard schema: expected a value that ${schema['~standard'].vendor} accepts, got one with ${issues.length} faults: ${issues
      .map(({ message, path }) => `${path.length > 0 ? `${path.map(String).join('.')}: ` : ''}${message}`)
      .join('; ')}.`,
    { issues },
  )
}

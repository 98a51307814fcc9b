/**
 * Schemas of other libraries (zod, valibot, arktype) through the interface that they share, so that none of them is a dependency.
 * Standard Schema 1.1, https://standardschema.dev
 */
import { OstroError } from './error.ts'
import type { JsonValue } from './json.ts'

export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Validation<Output> | Promise<Validation<Output>>
    /** Only a type: what goes in and what comes out. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>
    }
  }
}

export type SchemaOutput<S> = S extends StandardSchema<infer _, infer Output> ? Output : JsonValue

type Validation<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
      }[]
    }

export type JsonSchema = { readonly [keyword: string]: JsonValue }

export function isStandardSchema(schema: unknown): schema is StandardSchema {
  // arktype's schemas are functions.
  const isObject = (typeof schema === 'object' && schema !== null) || typeof schema === 'function'
  return isObject && '~standard' in schema
}

/**
 * The JSON schema of what goes in. A JSON schema is its own.
 * @throws OstroError `unsupported` where the library doesn't tell it
 */
export function jsonSchemaOf(schema: StandardSchema | JsonSchema): JsonSchema {
  if (!isStandardSchema(schema)) return schema
  const { vendor, jsonSchema } = schema['~standard']
  if (jsonSchema === undefined) {
    const advice = vendor === 'valibot' ? 'Wrap it in toStandardJsonSchema of @valibot/to-json-schema' : 'Update it'
    throw new OstroError('unsupported', `schema: ${vendor} does not give this one as a JSON schema. ${advice}.`, {
      vendor,
    })
  }
  // Functions and symbols, which libraries hide in their schemas, do not survive as JSON.
  return JSON.parse(JSON.stringify(jsonSchema.input({ target: 'draft-2020-12' }))) as JsonSchema
}

/** What the schema makes of a value. @throws OstroError `invalid-argument` with `issues` where it refuses */
export async function readWithSchema<Output>(schema: StandardSchema<unknown, Output>, value: unknown): Promise<Output> {
  const result = await schema['~standard'].validate(value)
  if (result.issues === undefined) return result.value
  const issues = result.issues.map(({ message, path = [] }) => {
    const place = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
    return place === '' ? message : `${place}: ${message}`
  })
  throw new OstroError('invalid-argument', `schema: a valid value expected. ${issues.join('; ')}.`, { issues })
}

/** `response_format`: plain text, any JSON object, a schema that the answer is held to, or as an extension another form. */
import { z } from 'zod'
import { checkStrictSubset } from '../../tools/strict-subset.ts'
import type { JsonValue } from '../../util/json.ts'
import type { OutputFormat } from '../../util/generation.ts'
import { functionName, schemaObject } from './tools.ts'

export const responseFormatField = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text') }),
    z.strictObject({ type: z.literal('json_object') }),
    z.strictObject({
      type: z.literal('json_schema'),
      json_schema: z.strictObject({
        name: functionName.describe('Accepted; the model is not told'),
        description: z.string().nullish(),
        schema: schemaObject.nullish().describe('Default: any JSON object'),
        strict: z
          .boolean()
          .nullish()
          .describe('The given schema is enforced in any case; with strict one outside the strict subset is refused'),
      }),
    }),
    z.strictObject({ type: z.literal('regex'), pattern: z.string().max(100_000) }).describe('Extension'),
    z
      .strictObject({ type: z.literal('choice'), choices: z.array(z.string().min(1)).min(1).max(10_000) })
      .describe('Extension: one of these texts'),
    z
      .strictObject({
        type: z.literal('grammar'),
        syntax: z.enum(['lark', 'gbnf']),
        source: z.string().max(1_000_000),
      })
      .describe('Extension'),
  ])
  .nullish()

/** @throws OstroError `invalid-argument` with the pointer of what a strict schema may not have */
export function outputFormat(body: z.infer<typeof responseFormatField>): OutputFormat | undefined {
  if (body === undefined || body === null) return undefined
  switch (body.type) {
    case 'text':
      return undefined
    case 'json_object':
      return { type: 'json', object: true }
    case 'json_schema': {
      const { schema, description, strict } = body.json_schema
      if (!schema) return { type: 'json', object: true }
      if (strict === true) checkStrictSubset(schema as JsonValue, '/response_format/json_schema/schema')
      // What the model is told of the schema is in the schema.
      const told = { ...(description ? { description } : {}), ...schema }
      return { type: 'json-schema', schema: told as JsonValue }
    }
    case 'regex':
    case 'choice':
    case 'grammar':
      return body
    default:
      return body satisfies never
  }
}

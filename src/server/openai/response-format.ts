/** `response_format`: plain text, any JSON object, or a schema that the answer is held to. */
import { z } from 'zod'
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
        name: functionName,
        description: z.string().nullish(),
        schema: schemaObject.nullish().describe('Default: any JSON object'),
        strict: z.boolean().nullish().describe('The given schema is enforced in any case'),
      }),
    }),
  ])
  .nullish()

export function outputFormat(body: z.infer<typeof responseFormatField>): OutputFormat | undefined {
  if (body === undefined || body === null || body.type === 'text') return undefined
  if (body.type === 'json_object') return { type: 'json', object: true }
  const { schema } = body.json_schema
  return schema ? { type: 'json-schema', schema: schema as JsonValue } : { type: 'json', object: true }
}

/** Extraction as a step; the schema is data. */
import * as z from 'zod'
import { runEndFields } from '../../tools/steps/run-end-fields.ts'
import { defineStep } from '../../tools/steps/step.ts'
import type { JsonSchema, JsonValue } from '../../util/json.ts'
import { extractEvents } from '../extract-sourced.ts'
import { runOptionsOf, taskStep } from '../task-run.ts'
import { textInput } from './task-schemas.ts'

const span = z.object({ start: z.int(), end: z.int() })

export const extractStep = defineStep({
  name: 'extract',
  version: 1,
  description: 'Read records out of a text, each value with its place in it.',
  config: z.strictObject({
    schema: z
      .custom<JsonSchema>(isSchema, 'a JSON schema expected')
      .meta({ type: 'object' })
      .describe('JSON schema of one record'),
    many: z.boolean().default(true).describe('Whether there may be more than one record'),
    instructions: z.string().optional().describe('What counts as a record, in which form values are wanted'),
    key: z.array(z.string()).optional().describe('Properties that tell records apart'),
    maxTokens: z.int().min(16).default(1024).describe('Most tokens of the records of one part'),
  }),
  input: textInput,
  output: z.object({
    records: z.array(
      z.object({
        value: z.custom<JsonValue>((value) => value !== undefined).meta({}),
        spans: z.array(z.object({ path: z.string(), span: z.union([span, z.undefined()]), inferred: z.boolean() })),
      }),
    ),
    ...runEndFields,
  }),
  effect: 'pure',
  run: ({ text }, { schema, ...config }, context) =>
    taskStep('extract', extractEvents(context.model, text, schema, { ...config, ...runOptionsOf(context) })),
})

function isSchema(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

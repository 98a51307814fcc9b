/** Records out of a text: what an API or a table wants, from what somebody wrote. */
import { isStandardSchema, jsonSchemaOf, type StandardSchema, validateStandard } from '../constrain/standard-schema.ts'
import type { ChatModel, ChatOptions } from '../tools/chat-model.ts'
import type { ToolInput } from '../tools/tool.ts'
import { OstroError } from '../util/error.ts'
import type { JsonSchema, JsonValue } from '../util/json.ts'

export interface ExtractOptions extends Pick<
  ChatOptions,
  'maxTokens' | 'temperature' | 'seed' | 'signal' | 'cacheKey'
> {
  /** What else the model should know: what counts as a record, in which form values are wanted. */
  readonly instructions?: string | undefined
  /** Most records. Default: no limit. */
  readonly mostRecords?: number | undefined
}

/**
 * The records of `schema` that a text tells of, in the order in which they appear; none where it tells of none. The text is data: what it
 * asks for is not done. Every record validates. To let a model say that something is not there, make the property nullable or optional.
 * Works with any chat model that calls tools, base models among them; greedy unless `temperature` says otherwise.
 *
 * @throws OstroError `invalid-argument` for a schema that cannot be enforced; `context-overflow` where text and answer do not fit, and
 * with `maxTokens` when the records were not complete; `aborted`
 * @example
 * const people = await extract(model, letter, z.object({ name: z.string(), age: z.number().int().nullable() }))
 */
export async function extract<const S extends StandardSchema | JsonSchema>(
  model: ChatModel,
  text: string,
  schema: S,
  options: ExtractOptions = {},
): Promise<ToolInput<S>[]> {
  const { instructions, mostRecords, temperature = 0, ...others } = options
  const { messages, ...chat } = recordsRequest(text, schema, { instructions, mostRecords })
  const answer = model.chat(messages, { ...others, ...chat, temperature })
  for await (const event of answer) {
    if (event.type === 'tool-call') return readRecords(schema, event.arguments)
    if (event.type !== 'end') continue
    if (event.reason === 'aborted') throw new OstroError('aborted', 'extract: the signal fired.')
    throw new OstroError(
      'context-overflow',
      `extract: the records were not complete after ${event.usage.generatedTokens} tokens. Raise maxTokens, or give less text.`,
      { generatedTokens: event.usage.generatedTokens },
    )
  }
  throw new OstroError('device', 'extract: the model ended its stream without an end event.')
}

/** The call that is asked for: all records of a text in one. */
export function recordsRequest(
  text: string,
  schema: StandardSchema | JsonSchema,
  { instructions, mostRecords }: Pick<ExtractOptions, 'instructions' | 'mostRecords'>,
) {
  const record = isStandardSchema(schema) ? (jsonSchemaOf(schema) as JsonSchema) : schema
  const { $schema: _, ...items } = record
  const definition = {
    type: 'function',
    function: {
      name: 'save_records',
      description: 'Save the records of a text.',
      parameters: {
        type: 'object',
        properties: {
          records: { type: 'array', items, ...(mostRecords === undefined ? {} : { maxItems: mostRecords }) },
        },
        required: ['records'],
        additionalProperties: false,
      },
    },
  } as const
  const names = Object.keys(record['properties'] ?? {})
  // Short, and the names once more: of the wordings tried, the one that small models follow.
  const request = `Save its records${names.length === 0 ? '' : ` (${names.join(', ')})`}.`
  const hint = instructions === undefined ? '' : ` ${instructions}`
  return {
    messages: [{ role: 'user', content: `Text: ${text}\n${request}${hint}` }],
    tools: [definition],
    toolChoice: { name: definition.function.name },
    parallelToolCalls: false,
  }
}

export async function readRecords<S extends StandardSchema | JsonSchema>(
  schema: S,
  text: string,
): Promise<ToolInput<S>[]> {
  const { records } = JSON.parse(text) as { readonly records: readonly JsonValue[] }
  if (!isStandardSchema(schema)) return records as ToolInput<S>[]
  return Promise.all(records.map((value) => validateStandard(schema, value))) as Promise<ToolInput<S>[]>
}

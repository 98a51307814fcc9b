/** The object that POST /v1/responses makes, and the items of its output. */
import { z } from 'zod'
import type { Usage } from '../../util/generation.ts'
import { logprobsObject } from '../openai/answer.ts'
import type { CreateResponse } from './request.ts'

const status = z.enum(['in_progress', 'completed', 'incomplete'])

/** As in chat completions. */
export const outputLogprob = logprobsObject.shape.content.unwrap().element
export type OutputLogprob = z.infer<typeof outputLogprob>

export const outputText = z.strictObject({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(z.never()),
  logprobs: z.array(outputLogprob),
})

export const summaryText = z.strictObject({ type: z.literal('summary_text'), text: z.string() })
export const reasoningText = z.strictObject({ type: z.literal('reasoning_text'), text: z.string() })

const messageItem = z.strictObject({
  type: z.literal('message'),
  id: z.string(),
  status,
  role: z.literal('assistant'),
  content: z.array(outputText),
})

const reasoningItem = z.strictObject({
  type: z.literal('reasoning'),
  id: z.string(),
  status,
  summary: z.array(summaryText),
  content: z.array(reasoningText),
  encrypted_content: z.string().optional(),
})

const functionCallItem = z.strictObject({
  type: z.literal('function_call'),
  id: z.string(),
  status,
  call_id: z.string(),
  name: z.string(),
  arguments: z.string(),
})

const customToolCallItem = z.strictObject({
  type: z.literal('custom_tool_call'),
  id: z.string(),
  status,
  call_id: z.string(),
  name: z.string(),
  input: z.string(),
})

export const outputItem = z
  .discriminatedUnion('type', [messageItem, reasoningItem, functionCallItem, customToolCallItem])
  .meta({ id: 'ResponseOutputItem' })
export type OutputItem = z.infer<typeof outputItem>

const usage = z.strictObject({
  input_tokens: z.int(),
  input_tokens_details: z.strictObject({ cached_tokens: z.int() }),
  output_tokens: z.int(),
  output_tokens_details: z.strictObject({ reasoning_tokens: z.int() }),
  total_tokens: z.int(),
})

export const responseObject = z
  .strictObject({
    id: z.string(),
    object: z.literal('response'),
    created_at: z.int(),
    completed_at: z.int().nullable(),
    status: z.enum(['in_progress', 'completed', 'incomplete', 'failed']),
    error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
    incomplete_details: z.strictObject({ reason: z.literal('max_output_tokens') }).nullable(),
    model: z.string(),
    output: z.array(outputItem),
    usage: usage.nullable(),
    previous_response_id: z.string().nullable(),
    instructions: z.string().nullable(),
    tools: z.array(z.record(z.string(), z.unknown())),
    tool_choice: z.union([z.string(), z.record(z.string(), z.unknown())]),
    parallel_tool_calls: z.boolean(),
    text: z.record(z.string(), z.unknown()),
    reasoning: z.strictObject({ effort: z.string().nullable(), summary: z.string().nullable() }),
    temperature: z.number(),
    top_p: z.number(),
    presence_penalty: z.number(),
    frequency_penalty: z.number(),
    top_logprobs: z.int(),
    max_output_tokens: z.int().nullable(),
    max_tool_calls: z.null(),
    truncation: z.literal('disabled'),
    background: z.literal(false),
    store: z.boolean(),
    service_tier: z.literal('default'),
    metadata: z.record(z.string(), z.string()),
    user: z.string().nullable(),
    safety_identifier: z.string().nullable(),
    prompt_cache_key: z.string().nullable(),
  })
  .meta({ id: 'Response' })
export type ResponseObject = z.infer<typeof responseObject>

/** What was asked for, told back, before anything has been made. */
export function newResponse(
  body: CreateResponse,
  made: {
    readonly id: string
    readonly model: string
    readonly createdAt: number
    readonly temperature: number | undefined
    readonly topP: number | undefined
  },
): ResponseObject {
  return {
    id: made.id,
    object: 'response',
    created_at: made.createdAt,
    completed_at: null,
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    model: made.model,
    output: [],
    usage: null,
    previous_response_id: body.previous_response_id ?? null,
    instructions: body.instructions ?? null,
    tools: (body.tools ?? []).map((tool) => (tool.type === 'function' ? functionTool(tool) : { ...tool })),
    tool_choice: body.tool_choice ?? 'auto',
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    text: { format: body.text?.format ?? { type: 'text' }, verbosity: 'medium' },
    reasoning: { effort: body.reasoning?.effort ?? null, summary: body.reasoning?.summary ?? null },
    temperature: made.temperature ?? 1,
    top_p: made.topP ?? 1,
    presence_penalty: body.presence_penalty ?? 0,
    frequency_penalty: body.frequency_penalty ?? 0,
    top_logprobs: body.top_logprobs ?? 0,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: null,
    truncation: 'disabled',
    background: false,
    store: body.store ?? true,
    service_tier: 'default',
    metadata: body.metadata ?? {},
    user: body.user ?? null,
    safety_identifier: body.safety_identifier ?? null,
    prompt_cache_key: body.prompt_cache_key ?? null,
  }
}

/** What the model thought is not counted apart from what it said. */
export function usageObject({ promptTokens, cachedTokens, generatedTokens }: Usage): z.infer<typeof usage> {
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: cachedTokens },
    output_tokens: generatedTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: promptTokens + generatedTokens,
  }
}

/** The interface wants every field of a function, given or not. */
function functionTool(tool: Extract<NonNullable<CreateResponse['tools']>[number], { type: 'function' }>) {
  const { type, name, description = null, parameters = null, strict = null } = tool
  return { type, name, description, parameters, strict }
}

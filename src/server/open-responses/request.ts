/** The body of POST /v1/responses: every field of the interface, honoured, accepted as without effect here, or refused by name. */
import { z } from 'zod'
import type { JsonValue, ToolDefinition } from '../../chat/index.ts'
import type { ChatOptions, ToolChoice } from '../../tools/chat-model.ts'
import type { OutputFormat } from '../../util/generation.ts'
import { generateOptions, harmlessFields, modelField, samplingFields, tokenCount } from '../openai/fields.ts'
import { checkedTools, functionName, schemaObject } from '../openai/tools.ts'
import { refused } from '../request-body.ts'
import { customToolDefinition } from './custom-tools.ts'
import { inputItem } from './input-items.ts'

const functionTool = z.strictObject({
  type: z.literal('function'),
  name: functionName,
  description: z.string().nullish(),
  parameters: schemaObject.nullish(),
  strict: z.boolean().nullish(),
})

const customTool = z.strictObject({
  type: z.literal('custom'),
  name: functionName,
  description: z.string().nullish(),
  format: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('text') }),
      z.strictObject({
        type: z.literal('grammar'),
        syntax: z.enum(['lark', 'regex']),
        definition: z.string().max(10_000),
      }),
    ])
    .nullish(),
})

const tool = z.discriminatedUnion('type', [functionTool, customTool], {
  error:
    'not supported: this server runs no tools by itself; tools of type function and custom are called by the client',
})

const namedTool = z.strictObject({ type: z.enum(['function', 'custom']), name: functionName })
const allowedTools = z.strictObject({
  type: z.literal('allowed_tools'),
  mode: z.enum(['auto', 'required']),
  tools: z.array(namedTool).min(1).max(128),
})
const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.discriminatedUnion('type', [namedTool, allowedTools], {
    error: 'not supported: a choice of that type; function, custom and allowed_tools are',
  }),
])

const textFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    name: functionName,
    description: z.string().nullish(),
    schema: schemaObject,
    strict: z.boolean().nullish().describe('The given schema is enforced in any case'),
  }),
])

const textField = z.strictObject({
  format: textFormat.nullish(),
  verbosity: z.literal('medium', 'not supported: models here have no verbosity; ask for it in words').nullish(),
})

const reasoningField = z.strictObject({
  effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  summary: z
    .enum(['auto', 'detailed'], 'not supported: reasoning is given whole, which is auto or detailed')
    .nullish()
    .describe('Gives the reasoning, whole, in the place of a summary'),
})

const includable = z.enum(
  ['message.output_text.logprobs', 'reasoning.encrypted_content'],
  'not supported: message.output_text.logprobs and reasoning.encrypted_content can be included',
)

const { temperature, top_p, top_k, min_p, presence_penalty, frequency_penalty, repetition_penalty, seed, stream } =
  samplingFields
const { user, safety_identifier, service_tier, prompt_cache_key, prompt_cache_retention } = harmlessFields
const noService = 'a local server has no such service'

export const createResponseBody = z
  .strictObject({
    model: modelField,
    input: z.union([z.string(), z.array(inputItem).max(10_000)]),
    instructions: z.string().nullish(),
    previous_response_id: z.string().max(200).nullish(),
    store: z
      .boolean()
      .nullish()
      .describe('Keeps the answer for previous_response_id and GET, while there is room; default true'),
    max_output_tokens: tokenCount.nullish(),
    tools: z.array(tool).max(128).nullish(),
    tool_choice: toolChoice.nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    text: textField.nullish(),
    reasoning: reasoningField.nullish(),
    include: z.array(includable).max(16).nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
    truncation: z
      .literal('disabled', 'not supported: a conversation that is too long is an error, never cut')
      .nullish(),
    background: z.literal(false, 'not supported: the answer is made while the request waits').nullish(),
    stream_options: z
      .strictObject({ include_obfuscation: z.literal(false, 'not supported: nothing is padded here').nullish() })
      .nullish(),
    temperature,
    top_p,
    top_k,
    min_p,
    presence_penalty,
    frequency_penalty,
    repetition_penalty,
    seed,
    stream,
    user,
    safety_identifier,
    service_tier,
    prompt_cache_key,
    prompt_cache_retention,
    prompt_cache_options: refused('prefixes are kept as long as there is room'),
    conversation: refused('use previous_response_id'),
    context_management: refused('a conversation is never shortened'),
    max_tool_calls: refused('it limits tools that the server runs, and this one runs none'),
    prompt: refused(noService),
    moderation: refused(noService),
    image: refused(noService),
    access_programs: refused(noService),
  })
  .meta({ id: 'CreateResponseRequest' })

/** What decides how the prompt reads. */
export const countTokensBody = createResponseBody.pick({
  model: true,
  input: true,
  instructions: true,
  previous_response_id: true,
  tools: true,
  tool_choice: true,
  parallel_tool_calls: true,
  text: true,
  reasoning: true,
  truncation: true,
  conversation: true,
})

export type CreateResponse = z.infer<typeof createResponseBody>

/** @throws ApiError 400 for choices of tools that are not there */
export function chatOptionsOf(body: CreateResponse): ChatOptions {
  const tools = (body.tools ?? []).map((given) => toolDefinition(given))
  const choice = body.tool_choice ? choiceOf(body.tool_choice) : undefined
  return {
    ...generateOptions(body, 0),
    ...checkedTools(tools, choice, body.parallel_tool_calls ?? undefined),
    maxTokens: body.max_output_tokens ?? undefined,
    logprobs: wantsLogprobs(body) ? (body.top_logprobs ?? 0) : undefined,
    format: formatOf(body),
    ...(body.reasoning?.effort && { templateVariables: effortVariables(body.reasoning.effort) }),
  }
}

export function wantsLogprobs(body: CreateResponse): boolean {
  return body.include?.includes('message.output_text.logprobs') === true || (body.top_logprobs ?? 0) > 0
}

function toolDefinition(given: z.infer<typeof tool>): ToolDefinition {
  const { name, description } = given
  if (given.type === 'custom') {
    const grammar = given.format?.type === 'grammar' ? given.format : undefined
    return customToolDefinition({ name, description, grammar })
  }
  return {
    type: 'function',
    function: {
      name,
      ...(description && { description }),
      ...(given.parameters && { parameters: given.parameters as { readonly [key: string]: JsonValue } }),
      ...(given.strict === true && { strict: true }),
    },
  }
}

function choiceOf(choice: z.infer<typeof toolChoice>): ToolChoice {
  if (typeof choice === 'string') return choice
  if (choice.type !== 'allowed_tools') return { name: choice.name }
  return { allowed: choice.tools.map(({ name }) => name), mode: choice.mode }
}

function formatOf({ text }: CreateResponse): OutputFormat | undefined {
  const format = text?.format ?? { type: 'text' }
  switch (format.type) {
    case 'text':
      return undefined
    case 'json_object':
      return { type: 'json', object: true }
    case 'json_schema':
      return { type: 'json-schema', schema: format.schema as JsonValue }
    default:
      return format satisfies never
  }
}

type Effort = NonNullable<z.infer<typeof reasoningField>['effort']>

/** Effort reaches a model through its template, under the names that templates of open models have settled on. */
function effortVariables(effort: Effort): { readonly [name: string]: JsonValue } {
  return effort === 'none' ? { enable_thinking: false } : { enable_thinking: true, reasoning_effort: effort }
}

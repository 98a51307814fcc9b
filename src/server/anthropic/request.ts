/** The body of POST /v1/messages: every field of the interface, honoured, accepted as without effect here, or refused by name. */
import { z } from 'zod'
import type { JsonValue, ToolDefinition } from '../../chat/index.ts'
import type { ChatOptions, ToolChoice } from '../../tools/chat-model.ts'
import { ApiError } from '../api-error.ts'
import { generateOptions, modelField, samplingFields, tokenCount } from '../openai/fields.ts'
import { checkedTools, functionName, schemaObject } from '../openai/tools.ts'
import { accepted, refused } from '../request-body.ts'
import { conversationFields } from './conversation.ts'

const tool = z.strictObject({
  type: z.literal('custom', 'not supported: this server runs no tools by itself; leave type out').nullish(),
  name: functionName,
  description: z.string().nullish(),
  input_schema: schemaObject,
  strict: z.boolean().nullish().describe('The given schema is enforced in any case'),
  cache_control: accepted(z.unknown()),
  eager_input_streaming: accepted(z.boolean()),
  allowed_callers: z.array(z.literal('direct', 'not supported: callers other than direct')).nullish(),
  defer_loading: z.literal(false, 'not supported: every tool is in the prompt').nullish(),
  input_examples: refused('show them in the description'),
})

const oneAtATime = { disable_parallel_tool_use: z.boolean().nullish() }
const toolChoice = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto'), ...oneAtATime }),
  z.strictObject({ type: z.literal('any'), ...oneAtATime }),
  z.strictObject({ type: z.literal('tool'), name: functionName, ...oneAtATime }),
  z.strictObject({ type: z.literal('none') }),
])

const thinking = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('adaptive'),
    display: z.literal('summarized', 'not supported: thinking is shown whole').nullish(),
  }),
  z.strictObject({ type: z.literal('disabled') }),
  z.strictObject({
    type: z.literal('enabled'),
    budget_tokens: refused('thinking has no budget of its own here; take type adaptive'),
  }),
])

const outputConfig = z.strictObject({
  effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  format: z.strictObject({ type: z.literal('json_schema'), schema: schemaObject }).nullish(),
})

/** What decides how the prompt reads; counting its tokens takes just these. */
const promptFields = {
  model: modelField,
  ...conversationFields,
  tools: z.array(tool).max(128).nullish(),
  tool_choice: toolChoice.nullish(),
  thinking: thinking.nullish(),
  output_config: outputConfig.nullish(),
  speed: z.literal('standard', 'not supported: there is one speed').nullish(),
  thread: z.unknown().nullish().describe('Not supported: send the whole conversation'),
  mcp_servers: refused('this server runs no tools by itself'),
  user_profile_id: refused('this server has no profiles'),
  workspace_id: refused('this server has no workspaces'),
} as const

export const countTokensBody = z.strictObject(promptFields)

export const createMessageBody = z
  .strictObject({
    ...promptFields,
    max_tokens: tokenCount,
    temperature: samplingFields.temperature,
    top_p: samplingFields.top_p,
    top_k: samplingFields.top_k,
    stop_sequences: z.array(z.string().min(1).max(1000)).max(16).nullish(),
    stream: z.boolean().nullish(),
    metadata: accepted(z.strictObject({ user_id: z.string().nullish() })),
    service_tier: accepted(z.enum(['auto', 'standard_only'])),
    inference_geo: refused('the answer is made on this machine'),
    diagnostics: refused('this server keeps no diagnostics'),
  })
  .meta({ id: 'CreateAnthropicMessageRequest' })

export type CreateMessage = z.infer<typeof createMessageBody>
export type PromptBody = z.infer<typeof countTokensBody>

/** @throws ApiError 400 for a choice of a tool that is not there, and for threads */
export function chatOptionsOf(body: CreateMessage): ChatOptions {
  const { temperature, top_p, top_k, stop_sequences: stop } = body
  return {
    ...generateOptions({ temperature, top_p, top_k, stop }, 0),
    ...promptOptionsOf(body),
    maxTokens: body.max_tokens,
  }
}

/** @throws ApiError 400 for a choice of a tool that is not there, and for threads */
export function promptOptionsOf(body: PromptBody): ChatOptions {
  if (body.thread !== undefined && body.thread !== null) throw noThreads()
  const choice = body.tool_choice ?? { type: 'auto' as const }
  const parallel = 'disable_parallel_tool_use' in choice ? choice.disable_parallel_tool_use !== true : undefined
  const { format, effort } = body.output_config ?? {}
  const variables: { readonly [name: string]: JsonValue } = {
    ...(body.thinking ? { enable_thinking: body.thinking.type !== 'disabled' } : {}),
    ...(effort ? { reasoning_effort: effort } : {}),
  }
  return {
    ...checkedTools((body.tools ?? []).map(toolDefinition), choiceOf(choice), parallel),
    format: format ? { type: 'json-schema', schema: format.schema as JsonValue } : undefined,
    ...(Object.keys(variables).length === 0 ? {} : { templateVariables: variables }),
  }
}

/** The code tells the client to go on without a thread. */
function noThreads(): ApiError {
  const message = 'thread: not supported: this server keeps no conversations; send all messages.'
  return new ApiError(400, message, { code: 'thread_unsupported_request', param: 'thread' })
}

function toolDefinition({ name, description, input_schema, strict }: z.infer<typeof tool>): ToolDefinition {
  return {
    type: 'function',
    function: {
      name,
      ...(description ? { description } : {}),
      parameters: input_schema as { readonly [key: string]: JsonValue },
      ...(strict === true ? { strict } : {}),
    },
  }
}

function choiceOf(choice: z.infer<typeof toolChoice>): ToolChoice {
  switch (choice.type) {
    case 'auto':
    case 'none':
      return choice.type
    case 'any':
      return 'required'
    case 'tool':
      return { name: choice.name }
    default:
      return choice satisfies never
  }
}

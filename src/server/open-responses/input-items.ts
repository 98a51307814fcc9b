/** Items of an input: what may be sent, and how it reads as chat messages. */
import { z } from 'zod'
import type { ChatMessage, JsonValue, ToolCall } from '../../chat/index.ts'
import { badRequest } from '../api-error.ts'
import { accepted } from '../request-body.ts'
import { customToolArguments } from './custom-tools.ts'
import { openReasoning } from './reasoning-text.ts'

const status = accepted(z.enum(['in_progress', 'completed', 'incomplete']))
const id = z.string().nullish()

const textPart = z.strictObject({
  type: z.enum(['input_text', 'output_text', 'text']),
  text: z.string(),
  annotations: accepted(z.array(z.unknown())),
  logprobs: accepted(z.array(z.unknown())),
  prompt_cache_breakpoint: accepted(z.unknown()),
  // Clients send answers back with what they read in them.
  parsed: accepted(z.unknown()),
})
const refusalPart = z.strictObject({ type: z.literal('refusal'), refusal: z.string() })
const text = z.union([
  z.string(),
  z.array(
    z.discriminatedUnion('type', [textPart, refusalPart], {
      error: 'not supported: parts of that type; the models of this server read text',
    }),
  ),
])

const message = z.strictObject({
  type: z.literal('message'),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: text,
  id,
  status,
  phase: accepted(z.enum(['commentary', 'final_answer'])),
})

const functionCall = z.strictObject({
  type: z.literal('function_call'),
  call_id: z.string().min(1),
  name: z.string().min(1),
  arguments: z.string(),
  id,
  status,
  // Clients send items back with whatever they had room for.
  parsed_arguments: accepted(z.unknown()),
})

const functionCallOutput = z.strictObject({
  type: z.literal('function_call_output'),
  call_id: z.string().min(1),
  output: text,
  id,
  status,
})

const customToolCall = z.strictObject({
  type: z.literal('custom_tool_call'),
  call_id: z.string().min(1),
  name: z.string().min(1),
  input: z.string(),
  id,
  status,
})

const customToolCallOutput = z.strictObject({
  type: z.literal('custom_tool_call_output'),
  call_id: z.string().min(1),
  output: text,
  id,
  status,
})

const reasoning = z.strictObject({
  type: z.literal('reasoning'),
  id,
  summary: z.array(z.strictObject({ type: z.literal('summary_text'), text: z.string() })).nullish(),
  content: z.array(z.strictObject({ type: z.literal('reasoning_text'), text: z.string() })).nullish(),
  encrypted_content: z.string().nullish(),
  status,
})

const itemReference = z.strictObject({ type: z.literal('item_reference'), id: z.string().min(1) })

/** One item; an object without `type` is a message. */
export const inputItem = z.preprocess(
  (value) => (isUntypedObject(value) ? { ...value, type: 'message' } : value),
  z.discriminatedUnion(
    'type',
    [message, functionCall, functionCallOutput, customToolCall, customToolCallOutput, reasoning, itemReference],
    {
      error: () =>
        'not an item that this server knows: message, function_call, function_call_output, custom_tool_call, custom_tool_call_output, reasoning or item_reference',
    },
  ),
)

export type InputItem = z.infer<typeof inputItem>
/** An item as it enters a conversation: references are resolved. */
export type ConversationItem = Exclude<InputItem, { type: 'item_reference' }>

/** What a request adds to its conversation; `itemOf` finds the items that it only refers to. */
export function conversationItems(
  input: string | readonly InputItem[],
  itemOf: (id: string) => ConversationItem,
): ConversationItem[] {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }]
  return input.map((item) => (item.type === 'item_reference' ? itemOf(item.id) : item))
}

/**
 * Items as messages: system texts at the start are one message (many templates take just one), and what the assistant thought,
 * said and called in one turn is one message too.
 *
 * @throws ApiError 400 for arguments that are not JSON and for results of calls that are not there
 */
export function messagesOf(
  instructions: string | undefined,
  { items, earlier }: { readonly items: readonly ConversationItem[]; readonly earlier: number },
): ChatMessage[] {
  const messages: ChatMessage[] = []
  const callNames = new Map<string, string>()
  if (instructions !== undefined) addSystem(messages, instructions)
  for (const [at, item] of items.entries()) {
    const field = `input[${at - earlier}]`
    // A call that was cut off is no call.
    if ((item.type === 'function_call' || item.type === 'custom_tool_call') && item.status === 'incomplete') continue
    switch (item.type) {
      case 'message':
        if (item.role === 'system' || item.role === 'developer') addSystem(messages, textOf(item.content))
        else if (item.role === 'assistant') extendAssistant(messages, { content: textOf(item.content) })
        else messages.push({ role: item.role, content: textOf(item.content) })
        break
      case 'reasoning':
        extendAssistant(messages, { reasoning: reasoningTextOf(item) })
        break
      case 'function_call':
        callNames.set(item.call_id, item.name)
        extendAssistant(messages, {
          call: callOf(item.call_id, item.name, parsedArguments(item.arguments, `${field}.arguments`)),
        })
        break
      case 'custom_tool_call':
        callNames.set(item.call_id, item.name)
        extendAssistant(messages, { call: callOf(item.call_id, item.name, customToolArguments(item.input)) })
        break
      case 'function_call_output':
      case 'custom_tool_call_output': {
        const name = callNames.get(item.call_id)
        if (name === undefined) {
          const param = `${field}.call_id`
          throw badRequest(`${param}: no call "${item.call_id}" comes before this result. Send the call, too.`, param)
        }
        messages.push({ role: 'tool', tool_call_id: item.call_id, name, content: textOf(item.output) })
        break
      }
      default:
        item satisfies never
    }
  }
  return messages
}

function addSystem(messages: ChatMessage[], content: string): void {
  const last = messages.at(-1)
  if (messages.length === 1 && last?.role === 'system') {
    messages[0] = { role: 'system', content: `${String(last.content)}\n\n${content}` }
  } else messages.push({ role: 'system', content })
}

interface AssistantPiece {
  readonly content?: string
  readonly reasoning?: string
  readonly call?: ToolCall
}

/** A turn ends where it thinks or speaks anew: a text after calls, or a thought after a text, is the next message. */
function extendAssistant(messages: ChatMessage[], piece: AssistantPiece): void {
  const last = messages.at(-1)
  const open = last?.role === 'assistant' ? last : undefined
  const continues =
    open !== undefined &&
    (piece.call !== undefined ||
      (piece.content !== undefined && open.tool_calls === undefined && open.content === null) ||
      (piece.reasoning !== undefined && open.tool_calls === undefined && open.content === null))
  const before: ChatMessage = continues ? open : { role: 'assistant', content: null }
  const message: ChatMessage = {
    ...before,
    ...(piece.content !== undefined && { content: piece.content }),
    ...(piece.reasoning !== undefined && { reasoning_content: `${before.reasoning_content ?? ''}${piece.reasoning}` }),
    ...(piece.call !== undefined && { tool_calls: [...(before.tool_calls ?? []), piece.call] }),
  }
  if (continues) messages[messages.length - 1] = message
  else messages.push(message)
}

function callOf(id: string, name: string, callArguments: JsonValue): ToolCall {
  return { id, type: 'function', function: { name, arguments: callArguments } }
}

/** @throws ApiError 400 */
function parsedArguments(text: string, field: string): JsonValue {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text) as JsonValue
  } catch (error) {
    throw badRequest(`${field}: JSON expected, but ${(error as Error).message}.`, field)
  }
}

function reasoningTextOf(item: Extract<InputItem, { type: 'reasoning' }>): string {
  if (item.content?.length) return item.content.map((part) => part.text).join('')
  if (item.encrypted_content) return openReasoning(item.encrypted_content)
  return (item.summary ?? []).map((part) => part.text).join('')
}

function textOf(content: z.infer<typeof text>): string {
  return typeof content === 'string'
    ? content
    : content.map((part) => (part.type === 'refusal' ? part.refusal : part.text)).join('')
}

function isUntypedObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('type' in value)
}

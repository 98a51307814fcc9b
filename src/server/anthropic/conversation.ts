/** Messages of Anthropic's interface: content blocks, and the chat messages that they read as. */
import { z } from 'zod'
import type { ChatMessage, JsonValue, ToolCall } from '../../chat/index.ts'
import { badRequest } from '../api-error.ts'
import { accepted, refused } from '../request-body.ts'

/** Prefixes are found without being told. */
const cache_control = accepted(z.unknown())

const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z.string(),
  cache_control,
  citations: accepted(z.array(z.unknown())),
})

const thinkingBlock = z.strictObject({
  type: z.literal('thinking'),
  thinking: z.string(),
  signature: accepted(z.string()),
})

const toolUseBlock = z.strictObject({
  type: z.literal('tool_use'),
  id: z.string().min(1).max(200),
  name: z.string().min(1).max(200),
  input: z.record(z.string(), z.json()),
  cache_control,
  caller: accepted(z.unknown()),
})

const readsText = { error: 'not supported: blocks of that type; this server reads text' }
const blockTexts = z.union([z.string(), z.array(z.discriminatedUnion('type', [textBlock], readsText)).max(1000)])

const toolResultBlock = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string().min(1).max(200),
  content: blockTexts.nullish(),
  is_error: z.boolean().nullish(),
  cache_control,
})

const userBlock = z.discriminatedUnion('type', [textBlock, toolResultBlock], readsText)
const assistantBlock = z.discriminatedUnion('type', [textBlock, thinkingBlock, toolUseBlock], readsText)

const userMessage = z.strictObject({
  role: z.literal('user'),
  content: z.union([z.string(), z.array(userBlock).max(1000)]),
})
const assistantMessage = z.strictObject({
  role: z.literal('assistant'),
  content: z.union([z.string(), z.array(assistantBlock).max(1000)]),
})
const systemMessage = z.strictObject({ role: z.literal('system'), content: blockTexts })

export const conversationFields = {
  system: blockTexts.nullish(),
  messages: z
    .array(
      z.discriminatedUnion('role', [userMessage, assistantMessage, systemMessage], {
        error: 'expected a role of user, assistant or system',
      }),
    )
    .min(1)
    .max(10_000),
  cache_control,
  container: refused('this server runs no code'),
  context_management: refused('a conversation is never shortened'),
} as const

export type ConversationBody = z.infer<z.ZodObject<typeof conversationFields>>

/** @throws ApiError 400 for results of calls that are not there, and for an answer that is to be continued */
export function messagesOf({ system, messages }: ConversationBody): ChatMessage[] {
  const lastField = `messages[${messages.length - 1}]`
  if (messages.at(-1)?.role === 'assistant') {
    throw badRequest(`${lastField}: not supported: the start of the answer; end with a message of the user.`, lastField)
  }
  const callNames = new Map<string, string>()
  const read = messages.flatMap((message, index): ChatMessage[] => {
    switch (message.role) {
      case 'system':
        return [{ role: 'system', content: textOf(message.content) }]
      case 'user':
        return userMessages(message.content, callNames, index)
      case 'assistant':
        return [assistantTurn(message.content, callNames)]
      default:
        return message satisfies never
    }
  })
  return system ? [{ role: 'system', content: textOf(system) }, ...read] : read
}

type UserContent = z.infer<typeof userMessage>['content']
type AssistantContent = z.infer<typeof assistantMessage>['content']

/** Each result becomes a message of its own where it stands; the text around it is the user's. */
function userMessages(content: UserContent, callNames: ReadonlyMap<string, string>, index: number): ChatMessage[] {
  if (typeof content === 'string') return [{ role: 'user', content }]
  const messages: ChatMessage[] = []
  for (const [at, block] of content.entries()) {
    if (block.type === 'text') {
      const last = messages.at(-1)
      if (last?.role === 'user')
        messages.splice(-1, 1, { role: 'user', content: `${String(last.content)}${block.text}` })
      else messages.push({ role: 'user', content: block.text })
      continue
    }
    const name = callNames.get(block.tool_use_id)
    if (name === undefined) {
      const field = `messages[${index}].content[${at}].tool_use_id`
      throw badRequest(`${field}: no tool_use "${block.tool_use_id}" comes before this result. Send it, too.`, field)
    }
    const text = textOf(block.content ?? '')
    const told = block.is_error === true ? `Error: ${text}` : text
    messages.push({ role: 'tool', tool_call_id: block.tool_use_id, name, content: told })
  }
  return messages
}

function assistantTurn(content: AssistantContent, callNames: Map<string, string>): ChatMessage {
  if (typeof content === 'string') return { role: 'assistant', content }
  let text = ''
  let reasoning = ''
  const calls: ToolCall[] = []
  for (const block of content) {
    switch (block.type) {
      case 'text':
        text += block.text
        break
      case 'thinking':
        reasoning += block.thinking
        break
      case 'tool_use':
        callNames.set(block.id, block.name)
        calls.push({
          id: block.id,
          type: 'function',
          function: { name: block.name, arguments: block.input as JsonValue },
        })
        break
      default:
        block satisfies never
    }
  }
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}

function textOf(content: z.infer<typeof blockTexts>): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('')
}

/** Messages of the chat completions interface, and the engine's messages that they become. */
import { z } from 'zod'
import type { ChatMessage } from '../../tools/chat-model.ts'
import { badRequest } from '../api-error.ts'
import { refused } from '../request-body.ts'

const textPart = z.strictObject({
  type: z.literal('text', {
    error: ({ input }) => `not supported: parts of type ${JSON.stringify(input)}; this server reads text only`,
  }),
  text: z.string(),
})
const refusalPart = z.strictObject({ type: z.literal('refusal'), refusal: z.string() })
const textContent = z.union([z.string(), z.array(textPart).min(1).max(1000)])
const name = z.string().max(200).nullish()

const systemMessage = z.strictObject({ role: z.enum(['system', 'developer']), content: textContent, name })
const userMessage = z.strictObject({ role: z.literal('user'), content: textContent, name })
const toolMessage = z.strictObject({
  role: z.literal('tool'),
  content: textContent,
  tool_call_id: z.string().min(1).max(200),
  name: name.describe("Extension: the function's name; default: that of the call"),
})
const assistantMessage = z.strictObject({
  role: z.literal('assistant'),
  content: z.union([z.string(), z.array(z.union([textPart, refusalPart])).max(1000)]).nullish(),
  name,
  refusal: z.string().nullish(),
  reasoning_content: z.string().nullish().describe('Extension: what the model thought before that answer'),
  tool_calls: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(200),
        type: z.literal('function', 'not supported: calls of custom tools'),
        function: z.strictObject({ name: z.string().min(1).max(200), arguments: z.string() }),
        index: z.int().nullish().describe('Left by clients that joined a stream; not used'),
      }),
    )
    .max(128)
    .nullish(),
  function_call: refused('use tool_calls'),
  audio: refused('this server hears nothing'),
  annotations: z.array(z.unknown()).nullish().describe('Part of an answer sent back; not used'),
})

export const messagesField = z
  .array(
    z.discriminatedUnion('role', [systemMessage, userMessage, assistantMessage, toolMessage], {
      error: 'expected a role of system, developer, user, assistant or tool',
    }),
  )
  .min(1)
  .max(10_000)

export type MessagesBody = z.infer<typeof messagesField>

/** @throws ApiError 400 for the result of a call that is not there */
export function chatMessages(messages: MessagesBody): ChatMessage[] {
  const callNames = new Map(
    messages.flatMap((message) =>
      message.role === 'assistant'
        ? (message.tool_calls ?? []).map((call) => [call.id, call.function.name] as const)
        : [],
    ),
  )
  return messages.map((message, index): ChatMessage => {
    const named = message.name === undefined || message.name === null ? {} : { name: message.name }
    switch (message.role) {
      // No template knows `developer` but those of its inventor's models; it means the same.
      case 'developer':
      case 'system':
        return { role: 'system', content: textOf(message.content), ...named }
      case 'user':
        return { role: 'user', content: textOf(message.content), ...named }
      case 'tool': {
        const called = callNames.get(message.tool_call_id)
        if (called === undefined) {
          const field = `messages[${index}].tool_call_id`
          throw badRequest(`${field}: no message has a tool call "${message.tool_call_id}". Send it, too.`, field)
        }
        return {
          role: 'tool',
          content: textOf(message.content),
          tool_call_id: message.tool_call_id,
          name: called,
          ...named,
        }
      }
      case 'assistant':
        return {
          role: 'assistant',
          content: textOf(message.content ?? message.refusal ?? ''),
          ...named,
          ...(message.tool_calls?.length
            ? { tool_calls: message.tool_calls.map(({ index: _, ...call }) => call) }
            : {}),
          ...(message.reasoning_content ? { reasoning_content: message.reasoning_content } : {}),
        }
      default:
        return message satisfies never
    }
  })
}

type Content = string | readonly ({ type: 'text'; text: string } | { type: 'refusal'; refusal: string })[]

function textOf(content: Content): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : part.refusal)).join('')
}

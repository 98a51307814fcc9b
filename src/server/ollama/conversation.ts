/** Messages and tools of /api/chat, and what they become. */
import { z } from 'zod'
import type { ChatMessage, JsonValue, ToolDefinition } from '../../chat/index.ts'
import { refused } from '../request-body.ts'
import { functionName, schemaObject } from '../openai/tools.ts'

const readsText = 'the models of this server read only text'

/** Clients send images as an empty list where there are none. */
const images = z.array(z.unknown()).max(0, `not supported: ${readsText}`).nullish()

const message = z.strictObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string().nullish(),
  thinking: z.string().nullish(),
  images,
  tool_calls: z
    .array(
      z.strictObject({
        id: z.string().nullish(),
        type: z.literal('function').nullish(),
        function: z.strictObject({
          name: z.string().min(1).max(200),
          arguments: z.record(z.string(), z.json()),
          index: z.int().nullish(),
          description: z.string().nullish(),
        }),
      }),
    )
    .max(128)
    .nullish(),
  tool_name: z.string().max(200).nullish(),
  tool_call_id: z.string().max(200).nullish(),
})

export const messagesField = z.array(message).max(10_000).nullish()

export const toolsField = z
  .array(
    z.strictObject({
      type: z.literal('function', 'not supported: tools other than functions'),
      function: z.strictObject({
        name: functionName,
        description: z.string().nullish(),
        parameters: schemaObject.nullish(),
        type: refused('the type stands beside function'),
      }),
    }),
  )
  .max(128)
  .nullish()

/** Results name their tool, not their call: each answers the earliest call of that name that has no answer yet. */
export function messagesOf(messages: z.infer<typeof messagesField>): ChatMessage[] {
  const unanswered: { readonly id: string; readonly name: string }[] = []
  return (messages ?? []).map((given, index): ChatMessage => {
    const { role, thinking } = given
    const content = given.content ?? ''
    if (role === 'tool') {
      const wanted = unanswered.findIndex(({ id, name }) =>
        given.tool_call_id ? id === given.tool_call_id : name === given.tool_name || !given.tool_name,
      )
      const [call] = wanted < 0 ? [] : unanswered.splice(wanted, 1)
      const id = given.tool_call_id ?? call?.id
      const name = given.tool_name ?? call?.name
      return { role, content, ...(id ? { tool_call_id: id } : {}), ...(name ? { name } : {}) }
    }
    const calls = (given.tool_calls ?? []).map(({ id, function: { name, arguments: input } }, at) => {
      const call = { id: id ?? `call_${index}_${at}`, name }
      unanswered.push(call)
      return { id: call.id, type: 'function' as const, function: { name, arguments: input as JsonValue } }
    })
    return {
      role,
      content: content === '' && calls.length > 0 ? null : content,
      ...(thinking ? { reasoning_content: thinking } : {}),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    }
  })
}

export function toolsOf(tools: z.infer<typeof toolsField>): ToolDefinition[] {
  return (tools ?? []).map(({ function: { name, description, parameters } }) => ({
    type: 'function',
    function: {
      name,
      ...(description ? { description } : {}),
      ...(parameters ? { parameters: parameters as { readonly [key: string]: JsonValue } } : {}),
    },
  }))
}

export { images as imagesField }

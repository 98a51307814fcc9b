/** A conversation as a template with a notation for calls wants it. */
import type { JsonValue } from '../util/json.ts'
import type { TemplateTraits } from './analyse-template.ts'
import type { ChatMessage } from './chat-model.ts'

/** Arguments of earlier calls as objects or as text, and the roles that every template knows. */
export function templateMessages(messages: readonly ChatMessage[], traits: TemplateTraits): ChatMessage[] {
  return messages.map((message) => {
    const named = message.role === 'developer' ? { ...message, role: 'system' } : message
    if (named.tool_calls === undefined || named.tool_calls.length === 0) return named
    const calls = named.tool_calls.map((call) => ({
      ...call,
      type: 'function' as const,
      function: { name: call.function.name, arguments: asWanted(call.function.arguments, traits.arguments) },
    }))
    // Templates add to the content, and most cannot add to nothing.
    return { ...named, content: named.content ?? '', tool_calls: calls }
  })
}

function asWanted(values: JsonValue, wanted: TemplateTraits['arguments']): JsonValue {
  if (wanted === 'text') return typeof values === 'string' ? values : JSON.stringify(values)
  if (typeof values !== 'string') return values
  try {
    return JSON.parse(values) as JsonValue
  } catch {
    // Earlier calls may come from anywhere; what is no JSON is shown as it is.
    return values
  }
}

/** The AI SDK's prompt as chat messages. */
import type { ChatMessage, JsonValue, ToolCall } from '../chat/index.ts'
import { OstroError } from '../util/error.ts'
import type { AssistantPart, Message, ToolOutput, ToolPart } from './served-model.ts'

/** @throws OstroError `unsupported` for parts that are not text, calls or results. */
export function messagesOf(prompt: readonly Message[]): ChatMessage[] {
  return prompt.flatMap((message) => messageOf(message))
}

function messageOf(message: Message): ChatMessage[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: message.content }]
    case 'user':
      return [{ role: 'user', content: message.content.map((part) => textOf(part)).join('') }]
    case 'assistant':
      return [assistantMessage(message.content)]
    case 'tool':
      return message.content.map((part) => resultMessage(part))
    default:
      return message satisfies never
  }
}

function textOf(part: { readonly type: string; readonly text?: string }): string {
  if (part.type !== 'text' || part.text === undefined) throw unreadable('user', part.type)
  return part.text
}

function assistantMessage(parts: readonly AssistantPart[]): ChatMessage {
  let content = ''
  let reasoning = ''
  const calls: ToolCall[] = []
  for (const part of parts) {
    if (part.type === 'text') content += part.text
    else if (part.type === 'reasoning') reasoning += part.text
    else if (part.type === 'tool-call') {
      const { toolCallId: id, toolName: name, input } = part
      // The AI SDK has parsed the input from JSON, so it is a JSON value.
      calls.push({ id, type: 'function', function: { name, arguments: input as JsonValue } })
    } else throw unreadable('assistant', part.type)
  }
  return {
    role: 'assistant',
    content: content === '' && calls.length > 0 ? null : content,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
  }
}

function resultMessage(part: ToolPart): ChatMessage {
  if (part.type !== 'tool-result') throw unreadable('tool', part.type)
  return { role: 'tool', tool_call_id: part.toolCallId, name: part.toolName, content: outputText(part.output) }
}

function outputText(output: ToolOutput): string {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return output.value
    case 'json':
    case 'error-json':
      return JSON.stringify(output.value)
    case 'execution-denied':
      return output.reason ?? 'The user denied this call.'
    case 'content':
      return output.value
        .map((part) => {
          if (part.type !== 'text') throw unreadable('tool', part.type)
          return part.text
        })
        .join('')
    default:
      return output satisfies never
  }
}

function unreadable(role: string, type: string): OstroError {
  return new OstroError(
    'unsupported',
    `AI SDK prompt: the ${role} message has a part of type "${type}", and this model reads text, calls and results. Leave it out.`,
    { role, type },
  )
}

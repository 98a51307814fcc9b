/** An answer's form in words: a model that is held to a form it was not told of closes strings late and fills them with anything. */
import type { OutputFormat } from '../util/generation.ts'
import type { ChatMessage } from './chat-model.ts'
import { spacedJson } from './spaced-json.ts'
import { textOf } from './universal-prompt.ts'

/** The conversation with the form in its system turn. */
export function tellFormat(messages: readonly ChatMessage[], format: OutputFormat | undefined): readonly ChatMessage[] {
  const words = format === undefined ? undefined : formatInstruction(format)
  if (words === undefined) return messages
  const [first, ...rest] = messages
  const isSystem = first?.role === 'system' || first?.role === 'developer'
  if (!isSystem) return [{ role: 'system', content: words }, ...messages]
  return [{ ...first, content: `${textOf(first).trim()}\n\n${words}` }, ...rest]
}

/** Undefined where the form is written in no words of people. */
function formatInstruction(format: OutputFormat): string | undefined {
  switch (format.type) {
    case 'json':
      return `Answer with a JSON ${format.object === true ? 'object' : 'value'} and nothing else.`
    case 'json-schema':
      return `Answer with JSON and nothing else. It has this JSON schema: ${spacedJson(format.schema)}`
    case 'choice':
      return `Answer with one of these and nothing else: ${format.choices.join(', ')}`
    case 'regex':
      return `Answer with a text that matches this regular expression and nothing else: ${format.pattern}`
    case 'grammar':
      return undefined
    default:
      return format satisfies never
  }
}

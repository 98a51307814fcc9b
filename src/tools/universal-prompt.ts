/** The words with which a model that knows no tools is told of them. Everything that can be tuned is in the options. */
import type { JsonValue } from '../util/json.ts'
import type { ChatMessage, ToolDefinition } from './chat-model.ts'
import type { Dialect } from './dialect.ts'
import { universal, universalCompletion } from './dialects/universal.ts'
import { describeTools } from './describe-tools.ts'
import { plainNumbers } from './plain-numbers.ts'
import { callExamples, refusalExamples, type WorkedExample } from './worked-examples.ts'
import { writeCalls } from './write-calls.ts'

export interface UniversalPromptOptions {
  /**
   * `turns`: instructions in the system turn of the model's own template, worked examples within them; `completion`: one plain
   * text that ends where the answer begins, for base models and small ones.
   */
  readonly layout: 'turns' | 'completion'
  /** Worked examples with a call, 0 to 4; one more where the answer may be a text. */
  readonly calls: number
  /** Worked examples where no function fits, 0 to 2; only where the model may answer in text. */
  readonly refusals: number
}

export const defaultPromptOptions: Readonly<Record<'turns' | 'completion', UniversalPromptOptions>> = {
  turns: { layout: 'turns', calls: 2, refusals: 1 },
  completion: { layout: 'completion', calls: 4, refusals: 2 },
}

export interface UniversalPromptInput {
  readonly messages: readonly ChatMessage[]
  /** Empty where no call is allowed. */
  readonly tools: readonly ToolDefinition[]
  readonly mode: 'auto' | 'required' | 'none'
}

/**
 * One plain text that ends where the answer begins. Where the answer may be a text, examples of that stand between the calls; where
 * it must be a call, the calls alone: each example of something else costs small models a part of their right arguments.
 */
export function completionPrompt(
  input: UniversalPromptInput,
  options: UniversalPromptOptions,
  dialect: Dialect = universalCompletion,
): string {
  const { messages, tools, mode } = input
  const bare = dialect.calls.open === ''
  const lines = messages.map((message) => asLines(message, dialect)).join('')
  if (tools.length === 0) return `Answer the question in one line.\n\n${lines}Answer:`
  const label = mode === 'required' ? 'Call' : 'Answer'
  const worked = examplesOf(input, options).map(
    ({ tools: shown, request, answer }) =>
      `${describeTools(shown)}\nQuestion: ${request}\n${label}: ${bare ? answer.slice(1, -1) : answer}\n`,
  )
  const own = `${describeTools(tools)}\n${lines}${label}:`
  return [...(mode === 'required' ? [] : [choiceInstruction]), ...worked, own].join('\n')
}

const choiceInstruction =
  'Answer each question with a list of function calls, or with a short text where no function fits.\n'

function asLines(message: ChatMessage, dialect: Dialect): string {
  const text = textOf(message)
  switch (message.role) {
    case 'user':
      return `Question: ${oneLine(plainNumbers(text))}\n`
    case 'assistant':
      return `Answer: ${oneLine(answerOf(message, dialect))}\n`
    case 'tool':
      return `Result${message.name === undefined ? '' : ` of ${message.name}`}: ${oneLine(text)}\n`
    default:
      return `Instruction: ${oneLine(text)}\n`
  }
}

/** A blank line would end the block that a base model takes as one example. */
function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ')
}

/** The same conversation in roles that every template knows: tools in the system turn, calls and results as text. */
export function universalMessages(input: UniversalPromptInput, options: UniversalPromptOptions): ChatMessage[] {
  const { messages, tools } = input
  const plain = messages.map((message): ChatMessage => {
    if (message.role === 'tool') {
      const name = message.name === undefined ? '' : ` of ${message.name}`
      return { role: 'user', content: `Result${name}: ${textOf(message)}` }
    }
    if (message.role === 'assistant' && message.tool_calls !== undefined && message.tool_calls.length > 0) {
      return { role: 'assistant', content: answerOf(message, universal) }
    }
    return message.role === 'developer' ? { ...message, role: 'system' } : message
  })
  const joined = joinSameRoles(plain)
  if (tools.length === 0) return joined
  const instructions = turnInstructions(input, options)
  const [first, ...rest] = joined
  if (first?.role === 'system') {
    return [{ role: 'system', content: `${textOf(first).trim()}\n\n${instructions}` }, ...rest]
  }
  return [{ role: 'system', content: instructions }, ...joined]
}

/** For templates that refuse a system turn: its text leads the first user turn. */
export function mergeSystemTurn(messages: readonly ChatMessage[]): ChatMessage[] {
  const [first, second, ...rest] = messages
  if (first?.role !== 'system') return [...messages]
  if (second?.role !== 'user') {
    return [{ role: 'user', content: textOf(first) }, ...(second === undefined ? [] : [second]), ...rest]
  }
  return [{ role: 'user', content: `${textOf(first)}\n\n${textOf(second)}` }, ...rest]
}

function turnInstructions(input: UniversalPromptInput, options: UniversalPromptOptions): string {
  const otherwise =
    input.mode === 'required' ? '' : ' Where no function fits the request, answer it in plain text instead.'
  const examples = examplesOf(input, options).map(
    (example) =>
      `\n\nExample with other functions:\n${describeTools(example.tools)}\nRequest: ${example.request}\nAnswer: ${example.answer}`,
  )
  return (
    `You can call functions. Answer with a list of calls and nothing else: [function(parameter=value)]. ` +
    `Take the values from the request; leave out optional parameters that it does not mention.${otherwise}` +
    `${examples.join('')}\n\nYour functions now:\n${describeTools(input.tools)}`
  )
}

/** Refusals stand among the calls; a call comes last, since the nearest example weighs most. */
function examplesOf({ mode }: UniversalPromptInput, options: UniversalPromptOptions): WorkedExample[] {
  const calling = callExamples.slice(0, mode === 'required' ? options.calls : options.calls + 1).toReversed()
  const refusing = mode === 'required' ? [] : refusalExamples.slice(0, options.refusals)
  return calling.flatMap((example, index) => {
    const refusal = refusing[index - (calling.length - 1 - refusing.length)]
    return refusal === undefined ? [example] : [refusal, example]
  })
}

function answerOf(message: ChatMessage, dialect: Dialect): string {
  const calls = message.tool_calls ?? []
  if (calls.length === 0) return textOf(message)
  return writeCalls(
    dialect,
    calls.map(({ function: { name, arguments: values } }) => ({ name, arguments: parsed(values) })),
  )
}

/** Arguments of earlier calls; what a caller sends as no object is shown as none. */
function parsed(values: JsonValue): { readonly [name: string]: JsonValue } {
  const value = typeof values === 'string' ? parseJson(values) : values
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as { readonly [name: string]: JsonValue }) : {}
}

function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return null
  }
}

function joinSameRoles(messages: readonly ChatMessage[]): ChatMessage[] {
  const joined: ChatMessage[] = []
  for (const message of messages) {
    const last = joined.at(-1)
    if (last?.role === message.role && message.role !== 'system') {
      joined[joined.length - 1] = { ...last, content: `${textOf(last)}\n${textOf(message)}` }
    } else joined.push(message)
  }
  return joined
}

/** The text of a message, its parts joined. */
export function textOf({ content }: ChatMessage): string {
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => (part.type === 'text' ? String(part.text) : '')).join('')
}

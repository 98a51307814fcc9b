/**
 * A model whose answers follow from what it is asked, so that tests of clients can say what must come back:
 * it calls the first tool that it may until a result is there, fills schemas in, repeats itself, thinks, dawdles or fails on demand.
 */
import { OstroError } from '../../../src/util/error.ts'
import type { ChatEvent, ChatMessage, ChatOptions } from '../../../src/tools/chat-model.ts'
import type { JsonValue } from '../../../src/util/json.ts'
import {
  endEvent,
  type ScriptedCall,
  type ScriptedModel,
  scriptedModel,
  toolCallEvents,
} from '../../support/scripted-model.ts'

/** What the tool calls hold, by the tool's name. */
const callArguments: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  weather: { city: 'Bern' },
  time: { zone: 'UTC' },
  patch: { input: '*** begin' },
  code: { input: 'AB-1234' },
}

/** Commands in the last message of the user. */
const commands = {
  /** Thinks before it answers. */
  think: /\bthink\b/,
  /** Calls all tools at once. */
  all: /\ball tools\b/,
  /** Says something before it calls. */
  talk: /\btalk first\b/,
  /** Sends a word now and then, for ever. */
  dawdle: /\bdawdle\b/,
  /** Fails in the middle of the answer. */
  fail: /\bfail\b/,
  /** Is cut off in the middle of a call. */
  cut: /\bcut the call\b/,
}

export function scriptedMind(name = 'scripted'): ScriptedModel {
  return scriptedModel({ name, answer })
}

async function* answer(call: ScriptedCall): AsyncGenerator<ChatEvent> {
  const { messages = [], options, prompt } = call
  const asked = prompt === undefined ? lastUserText(messages) : String(prompt)
  if (options.signal?.aborted) return
  if (commands.think.test(asked)) {
    yield { type: 'reasoning-delta', text: 'Let me ' }
    yield { type: 'reasoning-delta', text: 'see.' }
  }
  if (commands.fail.test(asked)) {
    yield* textEvents('So far ', options)
    throw new OstroError('device', 'engine: the worker died. Load the model again.')
  }
  if (commands.dawdle.test(asked)) {
    yield* dawdle(options)
    return
  }
  const calls = callsOf(call, asked)
  if (calls.length > 0) {
    if (commands.talk.test(asked)) yield* textEvents('One moment. ', options)
    const events = calls.flatMap((tool, index) => toolCallEvents(index, tool, argumentsOf(tool, options)))
    if (commands.cut.test(asked)) {
      yield* events.slice(0, 2)
      yield endEvent('length', 4)
      return
    }
    yield* events
    yield endEvent('tool-calls', 9)
    return
  }
  yield* limited(textOf(call, asked), options)
}

/** Those that the tests expect, or what the schema asks for. */
function argumentsOf(name: string, { tools = [] }: ChatOptions): unknown {
  const parameters = tools.find((tool) => tool.function.name === name)?.function.parameters
  return callArguments[name] ?? instanceOf(parameters ?? { type: 'object' })
}

function callsOf({ messages = [], options }: ScriptedCall, asked: string): string[] {
  const { tools = [], toolChoice = 'auto', parallelToolCalls } = options
  if (toolChoice === 'none' || messages.at(-1)?.role === 'tool') return []
  const names = tools.map(({ function: { name } }) => name)
  if (typeof toolChoice === 'object') {
    return 'name' in toolChoice ? [toolChoice.name] : toolChoice.allowed.slice(0, 1)
  }
  return commands.all.test(asked) && parallelToolCalls !== false ? names : names.slice(0, 1)
}

function textOf({ messages = [], options, prompt }: ScriptedCall, asked: string): string {
  const { format } = options
  if (format?.type === 'json') return '{"any":true}'
  if (format?.type === 'json-schema') return JSON.stringify(instanceOf(format.schema), undefined, 1)
  if (format?.type === 'choice') return format.choices[0]
  const last = messages.at(-1)
  if (last?.role === 'tool') return `It says ${String(last.content)}.`
  return prompt === undefined ? `You said: ${asked}` : ` and so on`
}

/** Word by word, up to the limit and the stop strings, as an engine would. */
function* limited(text: string, options: ChatOptions): Generator<ChatEvent> {
  const { stop = [], maxTokens = Infinity } = options
  const stopText = stop.find((one) => text.includes(one))
  const shown = stopText === undefined ? text : text.slice(0, text.indexOf(stopText))
  const words = shown.match(/\S+\s*|\s+/g) ?? []
  const told = words.slice(0, maxTokens)
  yield* textEvents(told.join(''), options)
  const reason = told.length < words.length ? 'length' : 'stop'
  yield {
    ...endEvent(reason, told.length),
    seed: options.seed ?? 1,
    ...(stopText !== undefined && reason === 'stop' && { stopText }),
  }
}

function* textEvents(text: string, { logprobs }: ChatOptions): Generator<ChatEvent> {
  for (const word of text.match(/\S+\s*|\s+/g) ?? []) {
    const top = Array.from({ length: logprobs ?? 0 }, (_, index) => ({
      token: index,
      logprob: -index - 0.5,
      text: `t${index}`,
    }))
    yield {
      type: 'text-delta',
      text: word,
      ...(logprobs !== undefined && { logprobs: [{ token: 7, logprob: -0.25, text: word, top }] }),
    }
  }
}

async function* dawdle({ signal }: ChatOptions): AsyncGenerator<ChatEvent> {
  for (let count = 0; count < 2000; count++) {
    yield { type: 'text-delta', text: `word${count} ` }
    await new Promise((resolve) => setTimeout(resolve, 5))
    if (signal?.aborted) {
      yield endEvent('aborted', count)
      return
    }
  }
}

function lastUserText(messages: readonly ChatMessage[]): string {
  return String(messages.findLast(({ role }) => role === 'user')?.content ?? '')
}

/** The simplest value of the plain schemas that the tests use. */
function instanceOf(schema: JsonValue): JsonValue {
  const {
    type,
    properties = {},
    enum: values,
    items,
    anyOf,
    $ref,
    minItems = 1,
  } = schema as {
    type?: string | string[]
    properties?: Record<string, JsonValue>
    enum?: JsonValue[]
    items?: JsonValue
    anyOf?: JsonValue[]
    $ref?: string
    minItems?: number
  }
  if ($ref !== undefined) throw new Error('scripted mind: it knows no references')
  if (anyOf) return instanceOf(anyOf[0])
  if (values) return values[0]
  switch (Array.isArray(type) ? type[0] : type) {
    case 'object':
      return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, instanceOf(property)]))
    case 'array':
      return Array.from({ length: Math.max(1, minItems) }, () => instanceOf(items ?? {}))
    case 'number':
    case 'integer':
      return 21
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return 'text'
  }
}

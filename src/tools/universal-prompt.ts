/** The words with which a model that knows no tools is told of them. Everything that can be tuned is in the options. */
import type { ChatMessage, ToolDefinition } from './chat-model.ts'
import { spacedJson } from './spaced-json.ts'

export interface UniversalPromptOptions {
  /**
   * `turns`: instructions in the system turn of the model's own template, worked examples within them; `completion`: one plain
   * text that ends where the answer begins, for base models.
   */
  readonly layout: 'turns' | 'completion'
  /** Worked examples with a call, 0 to 3. */
  readonly examples: number
  /** Worked examples where no function fits, 0 to 2; only where the model may answer in text. */
  readonly refusals: number
  /** Functions as JSON (name, description, parameters), or as the same without the schema's frame. */
  readonly docs: 'json' | 'brief'
}

export const defaultPromptOptions: Readonly<Record<'chat' | 'base', UniversalPromptOptions>> = {
  chat: { layout: 'turns', examples: 2, refusals: 1, docs: 'json' },
  base: { layout: 'completion', examples: 2, refusals: 1, docs: 'json' },
}

interface WorkedExample {
  readonly tools: readonly ToolDefinition[]
  readonly request: string
  readonly answer: string
}

const weather = toolOf('get_weather', 'Get the weather of a place.', {
  city: { type: 'string', description: 'Name of the city.' },
  days: { type: 'integer', description: 'Days to look ahead. Default is 1.' },
})
const table = toolOf('restaurant.book_table', 'Book a table in a restaurant.', {
  restaurant: { type: 'string', description: 'Name of the restaurant.' },
  guests: { type: 'integer', description: 'Number of guests.' },
  outside: { type: 'boolean', description: 'Whether to sit outside. Default is false.' },
})
const convert = toolOf('convert_units', 'Convert a value from one unit to another.', {
  value: { type: 'number', description: 'The value to convert.' },
  from: { type: 'string', description: 'Unit of the value.' },
  to: { type: 'string', description: 'Unit wanted.' },
})

const calls: readonly WorkedExample[] = [
  {
    tools: [weather],
    request: 'What will the weather be like in Lisbon over the next 3 days?',
    answer: '[{"name": "get_weather", "arguments": {"city": "Lisbon", "days": 3}}]',
  },
  {
    tools: [table, convert],
    request: 'How much is 12.5 miles in kilometres?',
    answer: '[{"name": "convert_units", "arguments": {"value": 12.5, "from": "mile", "to": "kilometre"}}]',
  },
  {
    tools: [weather, convert],
    request: 'Compare the weather in Oslo and in Rome.',
    answer:
      '[{"name": "get_weather", "arguments": {"city": "Oslo"}}, {"name": "get_weather", "arguments": {"city": "Rome"}}]',
  },
]

const refusals: readonly WorkedExample[] = [
  {
    tools: [table],
    request: 'Who painted the Mona Lisa?',
    answer: 'The Mona Lisa was painted by Leonardo da Vinci.',
  },
  {
    tools: [convert],
    request: 'Please play some jazz.',
    answer: 'I cannot play music, none of the functions does that.',
  },
]

export interface UniversalPromptInput {
  readonly messages: readonly ChatMessage[]
  /** Empty where no call is allowed. */
  readonly tools: readonly ToolDefinition[]
  readonly mode: 'auto' | 'required' | 'none'
}

/** One plain text that ends where the answer begins. */
export function completionPrompt(input: UniversalPromptInput, options: UniversalPromptOptions): string {
  const { messages, tools } = input
  const examples = tools.length === 0 ? [] : examplesOf(input, options)
  const worked = examples.map(
    (example) => `${docsOf(example.tools, options)}Request: ${example.request}\nAnswer: ${example.answer}\n`,
  )
  const instruction = tools.length === 0 ? textInstruction : completionInstruction(input.mode)
  const own = `${tools.length === 0 ? '' : docsOf(tools, options)}${messages.map(asLines).join('')}Answer:`
  return [instruction, ...worked, own].join('\n')
}

/** How a completion prompt begins the next request; an answer ends there. */
export const completionBreak = '\n'

const textInstruction = 'Answer the request in one line.\n'

function completionInstruction(mode: UniversalPromptInput['mode']): string {
  const list = 'a JSON list of function calls'
  return mode === 'required'
    ? `Answer each request with ${list}. Use only the functions given and take the arguments from the request.\n`
    : `Answer each request with ${list}, using only the functions given, or in one line of text where no function fits.\n`
}

function asLines(message: ChatMessage): string {
  const text = textOf(message)
  switch (message.role) {
    case 'user':
      return `Request: ${oneLine(text)}\n`
    case 'assistant':
      return `Answer: ${oneLine(answerOf(message))}\n`
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
      return { role: 'assistant', content: answerOf(message) }
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
      `\n\nExample with other functions:\n${docsOf(example.tools, options)}Request: ${example.request}\nAnswer: ${example.answer}`,
  )
  return (
    `You can call functions. Answer with a JSON list of calls and nothing else: [{"name": FUNCTION, "arguments": {PARAMETER: VALUE}}]. ` +
    `Take the arguments from the request; leave out optional ones that it does not mention.${otherwise}` +
    `${examples.join('')}\n\nYour functions now:\n${docsOf(input.tools, options)}`.trimEnd()
  )
}

function examplesOf({ mode }: UniversalPromptInput, options: UniversalPromptOptions): WorkedExample[] {
  const refusing = mode === 'required' ? [] : refusals.slice(0, options.refusals)
  const calling = calls.slice(0, options.examples)
  // A call comes last: the nearest example weighs most.
  return [...refusing, ...calling]
}

function docsOf(tools: readonly ToolDefinition[], { docs }: UniversalPromptOptions): string {
  const lines = tools.map(({ function: { name, description, parameters } }) => {
    const documented =
      docs === 'json'
        ? { name, ...(description === undefined ? {} : { description }), parameters: parameters ?? {} }
        : {
            name,
            ...(description === undefined ? {} : { description }),
            parameters: parameters?.['properties'] ?? {},
            ...(parameters?.['required'] === undefined ? {} : { required: parameters['required'] }),
          }
    return `${spacedJson(documented)}\n`
  })
  return `Functions:\n${lines.join('')}`
}

function answerOf(message: ChatMessage): string {
  const calls = message.tool_calls ?? []
  if (calls.length === 0) return textOf(message)
  const list = calls.map(({ function: { name, arguments: values } }) => {
    return `{"name": ${JSON.stringify(name)}, "arguments": ${spacedJson(parsed(values))}}`
  })
  return `[${list.join(', ')}]`
}

function parsed(values: unknown): unknown {
  if (typeof values !== 'string') return values
  try {
    return JSON.parse(values) as unknown
  } catch {
    return values
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

function textOf({ content }: ChatMessage): string {
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => (part.type === 'text' ? String(part.text) : '')).join('')
}

function toolOf(name: string, description: string, properties: Record<string, { type: string; description: string }>) {
  const required = Object.keys(properties).filter((key) => !properties[key].description.includes('Default'))
  return {
    type: 'function',
    function: { name, description, parameters: { type: 'object', properties, required } },
  } satisfies ToolDefinition
}

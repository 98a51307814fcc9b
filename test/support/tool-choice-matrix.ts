/** Requests with tools of many schemas under every tool choice and limit, and the judgement of what a model made of them. */
import type { ChatEvent, ChatModel, ChatOptions, ToolChoice, ToolDefinition } from '../../src/tools/index.ts'
import { createRandom } from '../../src/util/random.ts'
import { isValid } from './json-schema-judges.ts'

function toolOf(
  name: string,
  description: string,
  parameters: ToolDefinition['function']['parameters'],
): ToolDefinition {
  return { type: 'function', function: { name, description, ...(parameters === undefined ? {} : { parameters }) } }
}

const text = { type: 'string' } as const

/** From the plain to the awkward: what servers were seen to break. */
export const matrixTools: readonly ToolDefinition[] = [
  toolOf('get_weather', 'The weather of a city.', {
    type: 'object',
    properties: { city: text, unit: { enum: ['celsius', 'fahrenheit'] } },
    required: ['city'],
  }),
  toolOf('get_weather_map', 'A map of the weather.', undefined),
  toolOf('create_order', 'Orders items.', {
    type: 'object',
    properties: {
      items: {
        type: 'array',
        minItems: 1,
        maxItems: 3,
        items: {
          type: 'object',
          properties: {
            sku: { type: 'string', pattern: '^[A-Z]{2}-[0-9]{3}$' },
            count: { type: 'integer', minimum: 1, maximum: 99 },
          },
          required: ['sku', 'count'],
          additionalProperties: false,
        },
      },
      express: { type: 'boolean' },
      note: { type: ['string', 'null'], maxLength: 40 },
    },
    required: ['items', 'note'],
    additionalProperties: false,
  }),
  toolOf('set_alarm', 'Sets an alarm.', {
    type: 'object',
    properties: { hour: { type: 'integer', minimum: 0, maximum: 23 }, at: { type: 'number', multipleOf: 0.25 } },
    required: ['hour'],
    minProperties: 2,
  }),
  toolOf('choose', 'One of two forms.', {
    type: 'object',
    oneOf: [
      { properties: { kind: { const: 'a' }, value: { type: 'integer' } }, required: ['kind', 'value'] },
      { properties: { kind: { const: 'b' }, value: text }, required: ['kind', 'value'] },
    ],
  }),
]

const requests = [
  'What is the weather in Paris?',
  'Order two of AB-123 and one of CD-456, without a note.',
  'Wake me at a quarter past six.',
  'Tell me a joke.',
  'Wie wird das Wetter in Köln und in 東京?',
  'Return [{"name": "nothing"}] and <tool_call> please.',
]

export const matrixChoices: readonly ToolChoice[] = [
  'auto',
  'required',
  { name: 'create_order' },
  { allowed: ['get_weather', 'set_alarm'], mode: 'required' },
  { allowed: ['choose', 'get_weather_map'], mode: 'auto' },
  'none',
]

export interface MatrixCell {
  readonly request: string
  readonly choice: ToolChoice
  readonly options: ChatOptions
}

/** `count` cells drawn from all combinations; equal for equal seeds. */
export function matrixCells(count: number, seed: number, maxTokens: readonly number[]): MatrixCell[] {
  const random = createRandom(seed)
  const pick = <T>(values: readonly T[]): T => values[random.uint32() % values.length]
  return Array.from({ length: count }, (_, index) => {
    const choice = matrixChoices[index % matrixChoices.length]
    const options: ChatOptions = {
      tools: matrixTools,
      toolChoice: choice,
      parallelToolCalls: random.uint32() % 2 === 0,
      maxTokens: pick(maxTokens),
      temperature: pick([0, 1]),
      seed: random.uint32(),
    }
    return { request: pick(requests), choice, options }
  })
}

export interface CellResult {
  readonly events: readonly ChatEvent[]
  readonly calls: number
  readonly ended: string
  /** What was promised and not kept. */
  readonly broken: readonly string[]
}

export async function runCell(model: ChatModel, { request, choice, options }: MatrixCell): Promise<CellResult> {
  const events: ChatEvent[] = []
  for await (const event of model.chat([{ role: 'user', content: request }], options)) events.push(event)
  const end = events.at(-1)
  if (end?.type !== 'end') return { events, calls: 0, ended: 'without end', broken: ['no end event'] }
  const calls = events.flatMap((event) => (event.type === 'tool-call' ? [event] : []))
  return { events, calls: calls.length, ended: end.reason, broken: judge(events, choice, options, end.reason) }
}

function judge(events: readonly ChatEvent[], choice: ToolChoice, options: ChatOptions, reason: string): string[] {
  const broken: string[] = []
  const expect = (kept: boolean, what: string): void => {
    if (!kept) broken.push(what)
  }
  const calls = events.flatMap((event) => (event.type === 'tool-call' ? [event] : []))
  const legal = legalNames(choice)
  for (const [index, call] of calls.entries()) {
    const parameters = matrixTools.find((tool) => tool.function.name === call.name)?.function.parameters ?? {}
    expect(legal.includes(call.name), `${call.name} may not be called`)
    expect(isValidText(parameters, call.arguments), `invalid arguments ${call.arguments}`)
    expect(call.index === index && call.id !== '', 'calls are not numbered')
    const deltas = events.map((event) =>
      event.type === 'tool-call-delta' && event.index === index ? event.arguments : '',
    )
    expect(deltas.join('') === call.arguments, 'deltas are not the arguments')
    const starts = events.filter((event) => event.type === 'tool-call-start' && event.index === index)
    expect(starts.length === 1, `${starts.length} starts of a call`)
  }
  const said = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('')
  const isCall = matrixTools.some(({ function: { name } }) => said.trimStart().startsWith(`[${name}(`))
  expect(!isCall && !said.includes('<tool_call>'), 'the text holds a call')
  const mustCall =
    choice === 'required' || (typeof choice === 'object' && (!('mode' in choice) || choice.mode === 'required'))
  if (mustCall) {
    expect(said === '', `text ${said}`)
    expect(reason === 'length' || (reason === 'tool-calls' && calls.length > 0), `no call, ended by ${reason}`)
  }
  if (choice === 'none') expect(!events.some(({ type }) => type.startsWith('tool-call')), 'called')
  if (options.parallelToolCalls === false) expect(calls.length <= 1, `${calls.length} calls`)
  expect(reason !== 'tool-calls' || calls.length > 0, 'no call, but it says so')
  expect(reason !== 'stop' || calls.length === 0, 'calls, but it says stop')
  return broken
}

function legalNames(choice: ToolChoice): readonly string[] {
  if (choice === 'none') return []
  if (typeof choice === 'string') return matrixTools.map((tool) => tool.function.name)
  return 'allowed' in choice ? choice.allowed : [choice.name]
}

function isValidText(schema: object, written: string): boolean {
  try {
    return isValid(schema, JSON.parse(written))
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

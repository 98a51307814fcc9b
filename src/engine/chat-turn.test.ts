/** A turn from messages to events, on models of random weights: prompts, thinking, stop strings, what is refused. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateModel } from '../../test/support/generate-model.ts'
import { randomModelChange, writeRandomModels } from '../../test/support/random-models.ts'
import { type TemporaryFolder, temporaryFolder } from '../../test/support/temporary.ts'
import {
  type ChatEvent,
  type ChatMessage,
  type ChatOptions,
  describeTools,
  type ToolDefinition,
} from '../tools/index.ts'
import { load } from './load.ts'
import type { Model } from './model.ts'

const weather: ToolDefinition = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather, by <|turn|>.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}
const request: ChatMessage = { role: 'user', content: 'Is it raining in Köln?' }
const conversation: readonly ChatMessage[] = [
  request,
  {
    role: 'assistant',
    content: null,
    tool_calls: [
      { id: 'abcdefghi', type: 'function', function: { name: 'get_weather', arguments: '{"city": "Köln"}' } },
    ],
  },
  { role: 'tool', tool_call_id: 'abcdefghi', name: 'get_weather', content: 'heavy showers' },
]

let folder: TemporaryFolder
let base: Model
let plain: Model
let native: Model

beforeAll(async () => {
  folder = await temporaryFolder()
  const paths = await writeRandomModels(folder.path)
  base = await load(paths.base, { threads: 1 })
  plain = await load(paths.plain, { threads: 1 })
  native = await load(paths.tools, { threads: 1 })
})

afterAll(async () => {
  await base.dispose()
  await plain.dispose()
  await native.dispose()
  await folder[Symbol.asyncDispose]()
})

async function collect(model: Model, messages: readonly ChatMessage[], options: ChatOptions): Promise<ChatEvent[]> {
  const events: ChatEvent[] = []
  for await (const event of model.chat(messages, options)) events.push(event)
  return events
}

describe('the prompt', () => {
  it('shows tools, earlier calls and their results to every model', async () => {
    for (const model of [base, plain, native]) {
      const text = await model.render(conversation, { tools: [weather] })
      for (const shown of ['get_weather', 'city', 'Köln', 'heavy showers', 'The weather, by'])
        expect(text).toContain(shown)
    }
  })

  it('leaves them out where no call is allowed', async () => {
    for (const model of [base, plain, native]) {
      expect(await model.render([request], { tools: [weather], toolChoice: 'none' })).not.toContain('get_weather')
    }
  })

  it('speaks the notation of the template where there is one, unless told not to', async () => {
    expect(await native.render(conversation, { tools: [weather] })).toContain(
      '<tool_call>{"name": "get_weather", "arguments": {"city": "Köln"}}</tool_call>',
    )
    const universal = await native.render(conversation, { tools: [weather], toolFormat: 'universal' })
    expect(universal).not.toContain('<tool_call>')
    await expect(plain.render([request], { tools: [weather], toolFormat: 'native' })).rejects.toMatchObject({
      code: 'unsupported',
    })
  })

  it('is none for a base model without tools', async () => {
    await expect(base.render([request])).rejects.toMatchObject({ code: 'not-a-chat-model' })
    await expect(collect(base, [request], {})).rejects.toMatchObject({ code: 'not-a-chat-model' })
  })
})

it('refuses tools that cannot be kept, by their pointer', async () => {
  const broken = { ...weather, function: { ...weather.function, parameters: { type: 'object', required: 7 } } } as never
  await expect(collect(plain, [request], { tools: [broken] })).rejects.toMatchObject({
    fields: { pointer: expect.stringMatching(/^\/tools\/0\/function\/parameters/) },
  })
})

it('refuses limits that are none', async () => {
  for (const options of [{ maxToolCalls: 0 }, { maxToolCalls: 1.5 }, { callThreshold: 2 }]) {
    await expect(collect(plain, [request], { tools: [weather], ...options })).rejects.toMatchObject({
      code: 'invalid-argument',
      fields: { option: Object.keys(options)[0] },
    })
  }
})

it('counts what was read to choose between a call and a text', async () => {
  const tools = [weather]
  const tokensOf = async (text: string): Promise<number> => (await plain.tokenize(text)).length
  const promptOf = async (toolChoice: 'auto' | 'required'): Promise<number> =>
    tokensOf(await plain.render([request], { tools, toolChoice }))
  const usageOf = async (options: ChatOptions) => {
    const end = (await collect(plain, [request], { tools, maxTokens: 40, seed: 1, cacheKey: 'usage', ...options })).at(
      -1,
    )
    if (end?.type !== 'end') throw new Error('no end')
    return end.usage
  }
  // The last token that is scored is not read.
  const scored = (await tokensOf(`${describeTools(tools)}\nQuestion: ${request.content}`)) - 1
  const plainly = (await tokensOf(`Question: ${request.content}`)) - 1
  const decided = (await promptOf('auto')) + scored + plainly
  const first = await usageOf({ callThreshold: 0 })
  expect(first.promptTokens).toBe(decided + (await promptOf('required')))
  expect(first.cachedTokens).toBeLessThan(first.promptTokens / 2)
  const again = await usageOf({ callThreshold: 0 })
  expect(again.promptTokens).toBe(first.promptTokens)
  expect(again.cachedTokens).toBeGreaterThan(first.promptTokens / 2)
  const refused = await usageOf({ callThreshold: 1 })
  expect(refused.promptTokens).toBe(decided + (await usageOf({ toolChoice: 'none' })).promptTokens)
})

it('stops at stop strings in text, and not in calls', async () => {
  const called = await collect(plain, [request], {
    tools: [weather],
    toolChoice: 'required',
    stop: ['"', 'city'],
    seed: 1,
    maxTokens: 200,
  })
  expect(called.at(-1)).toMatchObject({ type: 'end', reason: 'tool-calls' })
  const options = { tools: [weather], toolChoice: 'none', seed: 5, maxTokens: 60 } as const
  const told = (events: readonly ChatEvent[]): string =>
    events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('')
  const whole = told(await collect(native, [request], options))
  const stop = whole.slice(20, 23)
  const events = await collect(native, [request], { ...options, stop: [stop] })
  expect(told(events)).toBe(whole.slice(0, whole.indexOf(stop)))
  expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'stop', stopText: stop })
})

describe('several calls of a small model without a notation of its own', () => {
  const several: ChatMessage = { role: 'user', content: 'What is the weather in Rome, Oslo and Paris?' }
  const city = { type: 'string', enum: ['Oslo', 'Paris', 'Rome'] }
  const parameters = { type: 'object', properties: { city }, required: ['city'] }
  const asked = {
    tools: [{ ...weather, function: { ...weather.function, parameters } }],
    toolChoice: 'required',
    seed: 3,
    maxTokens: 300,
  } as const
  const citiesOf = async (options: ChatOptions): Promise<string[]> => {
    const events = await collect(plain, [several], { ...asked, ...options })
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'tool-calls' })
    const calls = events.filter((event) => event.type === 'tool-call')
    expect(calls.map(({ index }) => index)).toEqual(calls.map((_, index) => index))
    for (const call of calls) {
      const told = events.filter((event) => event.type === 'tool-call-delta' && event.index === call.index)
      expect(told.map((event) => ('arguments' in event ? event.arguments : '')).join('')).toBe(call.arguments)
    }
    return calls.map((call) => (JSON.parse(call.arguments) as { readonly city: string }).city)
  }

  it('go on as long as the request has a value that no call holds', async () => {
    expect((await citiesOf({})).toSorted()).toEqual(city.enum)
  })

  it('are as many as the caller allows', async () => {
    expect(await citiesOf({ parallelToolCalls: false })).toHaveLength(1)
    expect(await citiesOf({ maxToolCalls: 2 })).toHaveLength(2)
  })

  it('are whole at any limit', async () => {
    const whole = (await collect(plain, [several], asked)).at(-1)
    const most = whole?.type === 'end' ? whole.usage.generatedTokens : 0
    const counts: number[] = []
    for (let maxTokens = Math.ceil(most / 3); maxTokens <= most; maxTokens += 3) {
      counts.push((await citiesOf({ maxTokens })).length)
    }
    expect([counts[0], counts.at(-1)]).toEqual([1, 3])
  })
})

it('gives log-probabilities of text beside tools', async () => {
  const options = { tools: [weather], toolChoice: 'none', seed: 5, maxTokens: 10, logprobs: 2 } as const
  const texts = (await collect(native, [request], options)).filter((event) => event.type === 'text-delta')
  expect(texts.length).toBeGreaterThan(0)
  for (const { logprobs } of texts) expect(logprobs?.[0].top).toHaveLength(2)
})

it('tells thinking apart from the answer, also without tools', async () => {
  const path = join(folder.path, 'thinking.gguf')
  await generateModel(path, {
    shape: 'smollm2-135m',
    type: 'q8_0',
    change: randomModelChange,
    chatTemplate: '{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}<think>{% endif %}',
    controlTokens: ['<think>', '</think>'],
  })
  await using model = await load(path, { threads: 1 })
  const events = await collect(model, [request], { maxTokens: 30, seed: 2 })
  const types = new Set(events.map(({ type }) => type))
  expect([types.has('reasoning-delta'), types.has('text-delta')]).toEqual([true, false])
  // With 30 tokens to spare the thinking has to end, or there would be no call.
  const called = await collect(model, [request], { tools: [weather], toolChoice: 'required', maxTokens: 90, seed: 2 })
  expect(called.at(-1)).toMatchObject({ reason: 'tool-calls' })
})

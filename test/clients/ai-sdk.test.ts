/** Vercel's AI SDK in the two lines in use, each over HTTP through its openai-compatible provider and in process through `ostro/ai-sdk`. */
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as ai6 from 'ai6'
import * as ai7 from 'ai'
import { createOpenAICompatible as createCompatible6 } from 'openai-compatible6'
import { createOpenAICompatible as createCompatible7 } from 'openai-compatible7'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createOstro } from '../../src/ai-sdk/index.ts'
import { scriptedPool, type ScriptedModel } from '../support/scripted-model.ts'
import { scriptedMind } from './support/scripted-mind.ts'
import { type TestServer, useTestServer } from './support/test-server.ts'

// What the providers do not hand on is known here.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })

/** The lines have the same shape where these tests touch them. */
type Sdk = typeof ai7
type Model = Parameters<Sdk['generateText']>[0]['model']
type Embedder = Parameters<Sdk['embed']>[0]['model']
type Model6 = Parameters<typeof ai6.generateText>[0]['model']
type Embedder6 = Parameters<typeof ai6.embed>[0]['model']

interface Way {
  readonly way: string
  readonly sdk: Sdk
  readonly language: (server: TestServer, mind: ScriptedModel) => Model
  readonly embedding: (server: TestServer, mind: ScriptedModel) => Embedder
  /** What the provider, not the server, does not hand on. */
  readonly lacks?: readonly ('sampling' | 'schema')[]
}

const compatible =
  (create: typeof createCompatible7) =>
  ({ url, fetch }: TestServer) =>
    create({ name: 'ostro', baseURL: `${url}/v1`, fetch, supportsStructuredOutputs: true, includeUsage: true })

const compatible6 = compatible(createCompatible6 as unknown as typeof createCompatible7)
const compatible7 = compatible(createCompatible7)

/** Held to the types of `ai` 6. */
const languageModel6 = (mind: ScriptedModel): Model6 => createOstro(mind, { specification: 'v3' })()
const embeddingModel6 = (mind: ScriptedModel): Embedder6 => createOstro(mind, { specification: 'v3' }).embeddingModel()

const ways: Way[] = [
  {
    way: 'ai 6 over HTTP',
    sdk: ai6 as unknown as Sdk,
    language: (server) => compatible6(server)('scripted'),
    embedding: (server) => compatible6(server).embeddingModel('scripted'),
  },
  {
    way: 'ai 7 over HTTP',
    sdk: ai7,
    language: (server) => compatible7(server)('scripted'),
    embedding: (server) => compatible7(server).embeddingModel('scripted'),
  },
  {
    way: 'ai 7 over responses',
    sdk: ai7,
    language: ({ url, fetch }) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'none', fetch }).responses('scripted'),
    embedding: ({ url, fetch }) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'none', fetch }).embedding('scripted'),
    lacks: ['sampling'],
  },
  {
    way: 'ai 7 over messages',
    sdk: ai7,
    language: ({ url, fetch }) => createAnthropic({ baseURL: `${url}/v1`, apiKey: 'none', fetch })('scripted'),
    embedding: (server) => compatible7(server).embeddingModel('scripted'),
    lacks: ['sampling', 'schema'],
  },
  {
    way: 'ai 6 in process',
    sdk: ai6 as unknown as Sdk,
    language: (_, mind) => languageModel6(mind) as Model,
    embedding: (_, mind) => embeddingModel6(mind) as Embedder,
  },
  {
    way: 'ai 7 in process',
    sdk: ai7,
    language: (_, mind) => createOstro(mind)(),
    embedding: (_, mind) => createOstro(mind).embeddingModel(),
  },
]

const person = z.object({ name: z.string(), age: z.number().int() })
const isPerson = new Ajv2020().compile({
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
})

/** OpenAI's own models show their reasoning only when asked. */
const showsReasoning = { openai: { forceReasoning: true, reasoningSummary: 'auto' } }

describe.each(ways)('$way', ({ sdk, language, embedding, lacks = [] }) => {
  const mind = scriptedMind()
  const server = useTestServer(() => scriptedPool(mind))
  const model = () => language(server, mind)
  const lastOptions = () => mind.calls.at(-1)!.options
  const lastMessages = () => mind.calls.at(-1)!.messages!
  const tools = () => ({
    weather: sdk.tool({
      description: 'The weather in a city',
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => `sunny in ${city}`,
    }),
    time: sdk.tool({ inputSchema: z.object({ zone: z.string() }), execute: async () => 'noon' }),
  })

  it('generates text with reason and usage', async () => {
    const { text, finishReason, usage } = await sdk.generateText({ model: model(), prompt: 'hello' })
    expect(text).toBe('You said: hello')
    expect(finishReason).toBe('stop')
    expect(usage).toMatchObject({ inputTokens: 5, outputTokens: 3, totalTokens: 8 })
  })

  it('reads a whole conversation', async () => {
    await sdk.generateText({
      model: model(),
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'a' }] },
        { role: 'assistant', content: 'b' },
        { role: 'user', content: 'c' },
      ],
    })
    expect(lastMessages().map(({ role, content }) => `${role}:${String(content)}`)).toEqual([
      'user:a',
      'assistant:b',
      'user:c',
    ])
  })

  it('hands sampling on', async () => {
    await sdk.generateText({
      model: model(),
      prompt: 'x',
      temperature: 0.4,
      topP: 0.9,
      seed: 3,
      presencePenalty: 0.5,
      frequencyPenalty: 0.25,
      stopSequences: ['END'],
      maxOutputTokens: 50,
    })
    expect(lastOptions()).toMatchObject({ temperature: 0.4, topP: 0.9, maxTokens: 50 })
    if (lacks.includes('sampling')) return
    expect(lastOptions()).toMatchObject({ seed: 3, presencePenalty: 0.5, frequencyPenalty: 0.25, stop: ['END'] })
  })

  it('says length where the limit cut the answer', async () => {
    const { text, finishReason } = await sdk.generateText({ model: model(), prompt: 'one two', maxOutputTokens: 2 })
    expect([text, finishReason]).toEqual(['You said: ', 'length'])
  })

  it('gives reasoning apart from the text', async () => {
    const { text, reasoningText } = await sdk.generateText({
      model: model(),
      prompt: 'think',
      providerOptions: showsReasoning,
    })
    expect([text, reasoningText]).toEqual(['You said: think', 'Let me see.'])
  })

  it('streams text', async () => {
    const { textStream, finishReason, usage } = sdk.streamText({ model: model(), prompt: 'hello' })
    let text = ''
    for await (const piece of textStream) text += piece
    expect(text).toBe('You said: hello')
    expect(await finishReason).toBe('stop')
    expect(await usage).toMatchObject({ inputTokens: 5, outputTokens: 3 })
  })

  it('streams reasoning before the text', async () => {
    const { fullStream } = sdk.streamText({ model: model(), prompt: 'think', providerOptions: showsReasoning })
    const types: string[] = []
    for await (const { type } of fullStream) if (!types.includes(type)) types.push(type)
    expect(types.filter((type) => /^(reasoning|text)-/.test(type))).toEqual([
      'reasoning-start',
      'reasoning-delta',
      'reasoning-end',
      'text-start',
      'text-delta',
      'text-end',
    ])
  })

  it('makes an object of a schema', async () => {
    const { object } = await sdk.generateObject({ model: model(), schema: person, prompt: 'x' })
    expect(isPerson(object)).toBe(true)
    if (!lacks.includes('schema')) expect(lastOptions().format).toMatchObject({ type: 'json-schema' })
  })

  it('streams an object', async () => {
    const { object, partialObjectStream } = sdk.streamObject({ model: model(), schema: person, prompt: 'x' })
    let partial: object = {}
    for await (const value of partialObjectStream) partial = value
    expect(isPerson(partial)).toBe(true)
    expect(isPerson(await object)).toBe(true)
  })

  it('gives the output of a text call a form', async () => {
    const { output } = await sdk.generateText({
      model: model(),
      prompt: 'x',
      output: sdk.Output.object({ schema: person }),
    })
    expect(isPerson(output)).toBe(true)
  })

  it('runs the loop of tools', async () => {
    const { text, steps } = await sdk.generateText({
      model: model(),
      tools: tools(),
      stopWhen: sdk.stepCountIs(3),
      prompt: 'x',
    })
    expect(text).toBe('It says sunny in Bern.')
    expect(steps).toHaveLength(2)
    expect(steps[0].finishReason).toBe('tool-calls')
    expect(lastMessages().slice(-2)).toMatchObject([
      { role: 'assistant', tool_calls: [{ function: { name: 'weather' } }] },
      { role: 'tool', name: 'weather', content: 'sunny in Bern' },
    ])
  })

  it('runs the loop of tools over streams, with several calls at once', async () => {
    const called: string[] = []
    const { text } = sdk.streamText({
      model: model(),
      tools: tools(),
      stopWhen: sdk.stepCountIs(3),
      prompt: 'talk first, all tools',
      onStepFinish: ({ toolCalls }) => {
        called.push(...toolCalls.map(({ toolName }) => toolName))
      },
    })
    expect(await text).toMatch(/^It says/)
    expect(called).toEqual(['weather', 'time'])
  })

  it('streams the arguments of a call', async () => {
    const { fullStream } = sdk.streamText({ model: model(), tools: tools(), prompt: 'x' })
    let input = ''
    for await (const part of fullStream) if (part.type === 'tool-input-delta') input += part.delta
    expect(JSON.parse(input)).toEqual({ city: 'Bern' })
  })

  it('keeps the choice of tools', async () => {
    const choices = [
      ['none', 'none'],
      ['required', 'required'],
      [{ type: 'tool' as const, toolName: 'time' as const }, { name: 'time' }],
    ] as const
    for (const [toolChoice, wanted] of choices) {
      await sdk.generateText({ model: model(), tools: tools(), toolChoice, prompt: 'x' })
      expect(lastOptions().toolChoice ?? 'none').toEqual(wanted)
    }
  })

  it('says length of a call that was cut, and does not run it', async () => {
    const ran: string[] = []
    const weather = sdk.tool({
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => ran.push(city),
    })
    const { fullStream } = sdk.streamText({ model: model(), tools: { weather }, prompt: 'cut the call' })
    const reasons: string[] = []
    for await (const part of fullStream) if (part.type === 'finish') reasons.push(part.finishReason)
    expect(ran).toEqual([])
    expect(reasons).toEqual(['length'])
  })

  it('stops the model when the signal fires', async () => {
    const controller = new AbortController()
    const { textStream } = sdk.streamText({
      model: model(),
      prompt: 'dawdle',
      abortSignal: controller.signal,
      onError: () => {},
    })
    let pieces = 0
    const read = async () => {
      for await (const _ of textStream) if (++pieces === 3) controller.abort()
    }
    await read().catch(() => {})
    await expect.poll(() => mind.active()).toBe(0)
    expect(lastOptions().signal?.aborted).toBe(true)
  })

  it('gives up a whole answer when the signal fires', async () => {
    const controller = new AbortController()
    const answer = sdk.generateText({ model: model(), prompt: 'dawdle', abortSignal: controller.signal, maxRetries: 0 })
    setTimeout(() => controller.abort(), 50)
    await expect(answer).rejects.toThrow(/abort/i)
    await expect.poll(() => mind.active()).toBe(0)
  })

  it('tells of a failure in the middle', async () => {
    let failure: unknown
    const { textStream } = sdk.streamText({
      model: model(),
      prompt: 'fail',
      onError: ({ error }) => {
        failure = error
      },
    })
    let text = ''
    for await (const piece of textStream) text += piece
    expect(text).toBe('So far ')
    expect(failure instanceof Error ? failure.message : JSON.stringify(failure)).toMatch(/worker died/)
  })

  it('is an agent with its tools', async () => {
    const agent = new sdk.ToolLoopAgent({ model: model(), instructions: 'be brief', tools: tools() })
    const { text } = await agent.generate({ prompt: 'x' })
    expect(text).toBe('It says sunny in Bern.')
    expect(lastMessages()[0]).toEqual({ role: 'system', content: 'be brief' })
  })

  it('chooses one of several', async () => {
    const output = sdk.Output.choice({ options: ['sunny', 'rainy'] })
    expect((await sdk.generateText({ model: model(), prompt: 'x', output })).output).toBe('sunny')
  })

  it('embeds one text and many', async () => {
    const one = await sdk.embed({ model: embedding(server, mind), value: 'a' })
    expect(Array.from(one.embedding)).toEqual([1, 1, 2, 3])
    const many = await sdk.embedMany({ model: embedding(server, mind), values: ['a', 'bb'] })
    expect(many.embeddings.map(([first]) => first)).toEqual([1, 2])
    expect(many.usage.tokens).toBe(3)
  })
})

describe('what only the provider in process has', () => {
  const mind = scriptedMind()

  it('takes options of Ostro, and names those that it does not know', async () => {
    const ask = (ostro: object) =>
      ai7.generateText({
        model: createOstro(mind)(),
        prompt: 'x',
        maxRetries: 0,
        providerOptions: { ostro: ostro as never },
      })
    await ask({ minP: 0.1, parallelToolCalls: false, format: { type: 'choice', choices: ['yes', 'no'] } })
    expect(mind.calls.at(-1)!.options).toMatchObject({ minP: 0.1, format: { type: 'choice' } })
    await expect(ask({ frobnicate: 1 })).rejects.toThrow(/frobnicate/)
  })

  it('hands the effort of reasoning to the template', async () => {
    for (const [reasoning, variables] of [
      ['none', { enable_thinking: false }],
      ['high', { enable_thinking: true, reasoning_effort: 'high' }],
      ['minimal', { enable_thinking: true, reasoning_effort: 'low' }],
    ] as const) {
      await ai7.generateText({ model: createOstro(mind)(), prompt: 'x', reasoning })
      expect(mind.calls.at(-1)!.options.templateVariables).toEqual(variables)
    }
  })

  it('refuses files', async () => {
    const messages = [
      {
        role: 'user' as const,
        content: [{ type: 'file' as const, data: new Uint8Array([1]), mediaType: 'image/png' }],
      },
    ]
    await expect(ai7.generateText({ model: createOstro(mind)(), messages, maxRetries: 0 })).rejects.toThrow(
      /type "file"/,
    )
  })

  it('takes part in a registry of providers', async () => {
    const registry = ai7.createProviderRegistry({ ostro: createOstro({ small: mind }) })
    const { text } = await ai7.generateText({ model: registry.languageModel('ostro:small'), prompt: 'hello' })
    expect(text).toBe('You said: hello')
    const { embedding } = await ai7.embed({ model: registry.embeddingModel('ostro:small'), value: 'a' })
    expect(embedding).toHaveLength(4)
  })

  it('warns of tools that a provider would run', async () => {
    const search = {
      type: 'provider' as const,
      isProviderExecuted: true,
      id: 'other.search' as const,
      args: {},
      inputSchema: ai7.jsonSchema({}),
    }
    const { warnings } = await ai7.generateText({
      model: createOstro(mind)(),
      prompt: 'x',
      tools: { search: search as never },
    })
    expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'provider tool other.search' }])
  })

  it('knows several models by name', async () => {
    const ostro = createOstro({ first: mind, second: scriptedMind('b') })
    expect(ostro().modelId).toBe('first')
    expect(ostro.languageModel('second').modelId).toBe('second')
    expect(() => ostro('third')).toThrow(/first, second/)
    expect(() => ostro.imageModel()).toThrow(/no images/)
  })

  it('tells the seed', async () => {
    const { providerMetadata } = await ai7.generateText({ model: createOstro(mind)(), prompt: 'x', seed: 5 })
    expect(providerMetadata).toMatchObject({ ostro: { seed: 5 } })
  })
})

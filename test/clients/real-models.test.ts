/**
 * The clients on models that compute: random weights, which would never keep a form by themselves, and SmolLM2. Whatever is
 * constrained is judged by a validator of its own.
 */
import Anthropic from '@anthropic-ai/sdk'
import { ChatOpenAI } from '@langchain/openai'
import * as ai7 from 'ai'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Ollama } from 'ollama'
import { createOpenAICompatible } from 'openai-compatible7'
import OpenAI from 'openai7'
import { zodResponseFormat, zodTextFormat } from 'openai7/helpers/zod'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createOstro } from '../../src/ai-sdk/index.ts'
import { load, type Model } from '../../src/index.ts'
import { realModelPath } from '../support/models.ts'
import { writeRandomModels } from '../support/random-models.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts'
import { randomModels, realPool } from './support/real-pool.ts'
import { useTestServer } from './support/test-server.ts'

const folder: TemporaryFolder = await temporaryFolder()
const smollm2 = await realModelPath('smollm2')
afterAll(() => folder[Symbol.asyncDispose]())

const server = useTestServer(() => realPool(folder.path))
const openai = () => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0, fetch: server.fetch })
const anthropic = () => new Anthropic({ baseURL: server.url, apiKey: 'none', maxRetries: 0, fetch: server.fetch })
const ollama = () => new Ollama({ host: server.url, fetch: server.fetch })

const messages = [{ role: 'user' as const, content: 'Weather in Bern?' }]
const parameters = {
  type: 'object' as const,
  properties: { city: { enum: ['Bern', 'Oslo'] }, days: { type: 'integer', minimum: 1, maximum: 9 } },
  required: ['city'],
  additionalProperties: false,
}
const tool = { type: 'function' as const, function: { name: 'weather', parameters } }
const other = {
  type: 'function' as const,
  function: {
    name: 'time',
    parameters: { ...parameters, properties: { zone: { type: 'boolean' } }, required: ['zone'] },
  },
}
const person = z.strictObject({ name: z.enum(['Ann', 'Ben']), old: z.boolean() })
const personSchema = {
  type: 'object',
  properties: { name: { enum: ['Ann', 'Ben'] }, old: { type: 'boolean' } },
  required: ['name', 'old'],
  additionalProperties: false,
}

const ajv = new Ajv2020({ strict: false })
const isWeather = ajv.compile(parameters)
const isPerson = ajv.compile(personSchema)

/** All calls are valid, and there is at least one, also where the model would rather think until its room is used up. */
function expectWeather(calls: readonly unknown[]): void {
  expect(calls.length).toBeGreaterThan(0)
  for (const call of calls) expect(isWeather(call), JSON.stringify(call)).toBe(true)
}

describe.each([...randomModels])('random weights with tools (%s)', (model) => {
  /** Enough for one call; a second one is not asked for. */
  const room = { max_tokens: 200, parallel_tool_calls: false, seed: 4 }
  const named = { type: 'function' as const, function: { name: 'weather' } }

  it('openai: calls the tool that it must', async () => {
    const { choices } = await openai().chat.completions.create({
      model,
      messages,
      tools: [tool, other],
      tool_choice: named,
      ...room,
    })
    const { tool_calls = [] } = choices[0].message
    const calls = tool_calls.map(
      (call) => JSON.parse(call.type === 'function' ? call.function.arguments : '') as unknown,
    )
    expect(choices[0].finish_reason).toBe('tool_calls')
    expectWeather(calls)
  })

  it('openai: calls nothing where it must not', async () => {
    const { choices } = await openai().chat.completions.create({
      model,
      messages,
      tools: [tool],
      tool_choice: 'none',
      ...room,
      max_tokens: 40,
    })
    expect(choices[0].message.tool_calls).toBeUndefined()
  })

  it('openai: streams what it would have said at once', async () => {
    const request = { model, messages, tools: [tool], tool_choice: 'required' as const, ...room }
    const whole = await openai().chat.completions.create(request)
    const streamed = await openai().chat.completions.stream(request).finalChatCompletion()
    const told = ({ message, finish_reason }: (typeof whole.choices)[number]) => ({
      content: message.content ?? '',
      calls: message.tool_calls?.map((call) => (call.type === 'function' ? call.function.arguments : '')),
      finish_reason,
    })
    expect(told(streamed.choices[0] as never)).toEqual(told(whole.choices[0]))
    expect(streamed.choices[0].finish_reason).toBe('tool_calls')
  })

  it('responses: calls the function that it must, also in a stream', async () => {
    const tools = [{ type: 'function' as const, name: 'weather', parameters, strict: false }]
    const request = {
      model,
      input: 'Weather in Bern?',
      tools,
      tool_choice: 'required' as const,
      parallel_tool_calls: false,
      max_output_tokens: 200,
    }
    const whole = await openai().responses.create(request)
    const streamed = await openai().responses.stream(request).finalResponse()
    for (const { output, status } of [whole, streamed]) {
      const calls = output.flatMap((item) =>
        item.type === 'function_call' ? [JSON.parse(item.arguments) as unknown] : [],
      )
      expect(status).toBe('completed')
      expectWeather(calls)
    }
  })

  it('responses: keeps custom tools to their pattern', async () => {
    const { output, status } = await openai().responses.create({
      model,
      input: 'x',
      tool_choice: 'required',
      parallel_tool_calls: false,
      max_output_tokens: 200,
      tools: [
        { type: 'custom', name: 'code', format: { type: 'grammar', syntax: 'regex', definition: '[A-Z]{2}-\\d{4}' } },
      ],
    })
    const inputs = output.flatMap((item) => (item.type === 'custom_tool_call' ? [item.input] : []))
    expect([status, inputs.length]).toEqual(['completed', 1])
    for (const input of inputs) expect(input).toMatch(/^[A-Z]{2}-\d{4}$/)
  })

  it('responses: keeps custom tools to their Lark grammar', async () => {
    const definition = 'start: sum\nsum: NUMBER ("+" NUMBER)+ | "(" sum ")"\nNUMBER: /[1-9][0-9]{0,2}/'
    const { output, status } = await openai().responses.create({
      model,
      input: 'Add 17 and 25.',
      tool_choice: 'required',
      parallel_tool_calls: false,
      max_output_tokens: 200,
      tools: [{ type: 'custom', name: 'calculate', format: { type: 'grammar', syntax: 'lark', definition } }],
    })
    const inputs = output.flatMap((item) => (item.type === 'custom_tool_call' ? [item.input] : []))
    expect([status, inputs.length]).toEqual(['completed', 1])
    for (const input of inputs) expect(input).toMatch(/^\(*[1-9]\d{0,2}(\+[1-9]\d{0,2})+\)*$/)
  })

  it('anthropic: uses the tool that it must', async () => {
    const message = await anthropic().messages.create({
      model,
      messages,
      max_tokens: 200,
      tools: [{ name: 'weather', input_schema: parameters }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
    })
    const calls = message.content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : []))
    expect(message.stop_reason).toBe('tool_use')
    expectWeather(calls)
  })

  it('ollama: embeds in unit length', async () => {
    const { embeddings } = await ollama().embed({ model, input: ['a', 'b'] })
    for (const vector of embeddings) expect(Math.hypot(...vector)).toBeCloseTo(1, 4)
  })
})

describe.each(['plain', 'tools'])('random weights (%s)', (model) => {
  it('openai: parses what a schema forms', async () => {
    const { choices } = await openai().chat.completions.parse({
      model,
      messages,
      response_format: zodResponseFormat(person, 'person'),
      max_tokens: 60,
    })
    expect(isPerson(choices[0].message.parsed)).toBe(true)
  })

  it('openai: says the same to the same seed, and something else to another', async () => {
    const ask = async (seed: number) =>
      (await openai().chat.completions.create({ model, messages, max_tokens: 24, seed, temperature: 1 })).choices[0]
        .message.content
    expect(await ask(1)).toBe(await ask(1))
    expect(await ask(2)).not.toBe(await ask(1))
  })

  it('openai: counts tokens and gives log-probabilities', async () => {
    const { choices, usage } = await openai().chat.completions.create({
      model,
      messages,
      max_tokens: 6,
      seed: 5,
      logprobs: true,
      top_logprobs: 3,
    })
    const content = choices[0].logprobs!.content!
    expect(usage!.completion_tokens).toBeLessThanOrEqual(6)
    expect(usage!.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens)
    expect(content.length).toBe(usage!.completion_tokens)
    for (const { logprob, top_logprobs } of content) {
      expect(logprob).toBeLessThanOrEqual(0)
      expect(top_logprobs).toHaveLength(3)
    }
  })

  it('openai: gives different answers where n asks for several', async () => {
    const { choices } = await openai().chat.completions.create({
      model,
      messages,
      max_tokens: 16,
      n: 3,
      seed: 1,
      temperature: 1,
    })
    expect(new Set(choices.map(({ message }) => message.content)).size).toBe(3)
  })

  it('responses: parses what a schema forms, and goes on from there', async () => {
    const first = await openai().responses.parse({
      model,
      input: 'x',
      text: { format: zodTextFormat(person, 'person') },
      max_output_tokens: 60,
    })
    expect(isPerson(first.output_parsed)).toBe(true)
    const more = { model, input: 'more', max_output_tokens: 8 }
    const second = await openai().responses.create({ ...more, previous_response_id: first.id })
    const alone = await openai().responses.create(more)
    expect(second.usage!.input_tokens).toBeGreaterThan(alone.usage!.input_tokens)
  })

  it('anthropic: counts the tokens that the answer then says', async () => {
    for (const tools of [undefined, [{ name: 'weather', input_schema: parameters }]]) {
      // Left to itself, a model without a notation of its own may be asked without the tools.
      const prompt = { model, messages, ...(tools && { tools, tool_choice: { type: 'any' as const } }) }
      const { input_tokens } = await anthropic().messages.countTokens(prompt)
      const { usage } = await anthropic().messages.create({ ...prompt, max_tokens: 4 })
      expect(usage.input_tokens + usage.cache_read_input_tokens!).toBe(input_tokens)
    }
  })

  it('ollama: forms an answer by a schema', async () => {
    const { message } = await ollama().chat({ model, messages, format: personSchema, options: { num_predict: 60 } })
    expect(isPerson(JSON.parse(message.content))).toBe(true)
  })

  it('AI SDK: makes an object of a schema', async () => {
    const provider = createOpenAICompatible({
      name: 'ostro',
      baseURL: `${server.url}/v1`,
      fetch: server.fetch,
      supportsStructuredOutputs: true,
    })
    const { output } = await ai7.generateText({
      model: provider(model),
      prompt: 'x',
      maxOutputTokens: 60,
      output: ai7.Output.object({ schema: person }),
    })
    expect(isPerson(output)).toBe(true)
  })

  it('LangChain: gives structured output', async () => {
    const chat = new ChatOpenAI({
      model,
      apiKey: 'none',
      maxRetries: 0,
      maxTokens: 60,
      configuration: { baseURL: `${server.url}/v1`, fetch: server.fetch },
    })
    expect(isPerson(await chat.withStructuredOutput(person, { method: 'jsonSchema' }).invoke('x'))).toBe(true)
  })
})

describe('a base model', () => {
  it('chats with tools only, and says so', async () => {
    const asked = openai().chat.completions.create({ model: 'base', messages })
    await expect(asked).rejects.toMatchObject({ status: 400, code: 'not_a_chat_model' })
  })

  it('completes texts, held to a pattern or not', async () => {
    const { choices } = await openai().completions.create({ model: 'base', prompt: 'Once', max_tokens: 8 })
    expect(choices[0].text).not.toBe('')
    const { response } = await ollama().generate({
      model: 'base',
      prompt: 'Once',
      format: personSchema,
      options: { num_predict: 60 },
    })
    expect(isPerson(JSON.parse(response!))).toBe(true)
  })
})

describe('random weights in process', () => {
  let model: Model
  beforeAll(async () => {
    model = await load((await writeRandomModels(folder.path)).plain, { threads: 1, context: 4096 })
  })
  afterAll(() => model.dispose())

  it('AI SDK: makes an object of a schema', async () => {
    const { output } = await ai7.generateText({
      model: createOstro(model)(),
      prompt: 'x',
      maxOutputTokens: 60,
      output: ai7.Output.object({ schema: person }),
    })
    expect(isPerson(output)).toBe(true)
  })

  it('AI SDK: runs the tool that it must', async () => {
    const ran: unknown[] = []
    const weather = ai7.tool({
      inputSchema: ai7.jsonSchema<{ city: string }>(parameters as never),
      execute: async (input) => ran.push(input),
    })
    await ai7.generateText({
      model: createOstro(model)(),
      prompt: 'x',
      maxOutputTokens: 200,
      tools: { weather },
      toolChoice: 'required',
    })
    expectWeather(ran)
  })

  it('AI SDK: gives up when the signal fires', async () => {
    const controller = new AbortController()
    // Random weights may end at once; tokens that never end leave the signal time.
    const endless = { ostro: { format: { type: 'regex', pattern: 'a{3000}' } } } as const
    const answer = ai7.generateText({
      model: createOstro(model)(),
      prompt: 'x',
      abortSignal: controller.signal,
      maxRetries: 0,
      providerOptions: endless,
    })
    setTimeout(() => controller.abort(), 20)
    await expect(answer).rejects.toThrow(/abort/i)
  })

  it('AI SDK: embeds', async () => {
    const { embedding } = await ai7.embed({ model: createOstro(model).embeddingModel(), value: 'a' })
    expect(embedding).toHaveLength(model.info.width)
  })
})

describe.skipIf(smollm2 === undefined)('SmolLM2', () => {
  const model = 'smollm2'
  const capital = [{ role: 'user' as const, content: 'What is the capital of France? Answer in one short sentence.' }]

  it('openai: knows the capital of France, at once and streamed', async () => {
    const request = { model, messages: capital, temperature: 0, max_tokens: 24 }
    const { choices, usage } = await openai().chat.completions.create(request)
    expect(choices[0].message.content).toMatch(/Paris/)
    expect(choices[0].finish_reason).toBe('stop')
    expect(usage!.prompt_tokens).toBeGreaterThan(10)
    const stream = openai().chat.completions.stream(request)
    expect(await stream.finalContent()).toBe(choices[0].message.content)
  })

  it('openai: ends at a stop string', async () => {
    const { choices } = await openai().chat.completions.create({
      model,
      messages: capital,
      temperature: 0,
      stop: [' Paris'],
    })
    expect(choices[0].message.content).toMatch(/is$/)
  })

  it('responses: remembers what was said before', async () => {
    const first = await openai().responses.create({
      model,
      input: capital[0].content,
      temperature: 0,
      max_output_tokens: 24,
    })
    expect(first.output_text).toMatch(/Paris/)
    const second = await openai().responses.create({
      model,
      input: 'Say the name of that city again.',
      previous_response_id: first.id,
      temperature: 0,
      max_output_tokens: 24,
    })
    expect(second.output_text).toMatch(/Paris/)
    expect(second.usage!.input_tokens_details.cached_tokens).toBeGreaterThan(20)
  })

  it('anthropic: says which stop sequence ended the answer', async () => {
    const message = await anthropic().messages.create({
      model,
      max_tokens: 24,
      messages: capital,
      temperature: 0,
      stop_sequences: [' Paris'],
    } as never)
    expect(message).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: ' Paris' })
  })

  it('ollama: generates and chats', async () => {
    const options = { temperature: 0, num_predict: 24 }
    expect((await ollama().generate({ model, prompt: capital[0].content, options })).response).toMatch(/Paris/)
    expect((await ollama().chat({ model, messages: capital, options })).message.content).toMatch(/Paris/)
  })

  it('openai: calls the function that it must, with what the question says', async () => {
    const { choices } = await openai().chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'What is the weather in Oslo?' }],
      tools: [tool],
      tool_choice: 'required',
      parallel_tool_calls: false,
      temperature: 0,
      max_tokens: 60,
    })
    const [call] = choices[0].message.tool_calls!
    const input = JSON.parse(call.type === 'function' ? call.function.arguments : '') as { city: string }
    expectWeather([input])
    expect(input.city).toBe('Oslo')
  })
})

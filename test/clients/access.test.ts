/** Keys, limits and foreign models as the clients see them. */
import Anthropic from '@anthropic-ai/sdk'
import { Ollama } from 'ollama'
import OpenAI6 from 'openai6'
import OpenAI7 from 'openai7'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp, type ServerOptions } from '../../src/server/app.ts'
import { listen, type Listening } from '../../src/server/node.ts'
import { scriptedPool } from '../support/scripted-model.ts'
import { scriptedMind } from './support/scripted-mind.ts'

const keys: Readonly<Record<string, string>> = { 'key-of-ann': 'ann', 'key-of-ben': 'ben' }
const keyStore: ServerOptions['keys'] = { required: async () => true, identify: async (key) => keys[key] }

const lines = [
  { line: 'openai 6', OpenAI: OpenAI6 as unknown as typeof OpenAI7 },
  { line: 'openai 7', OpenAI: OpenAI7 },
]

function useServer(options: Partial<ServerOptions>) {
  const mind = scriptedMind()
  let listening: Listening
  beforeAll(async () => {
    const app = createApp({ models: scriptedPool(mind), ...options })
    listening = await listen({ fetch: (request) => app.fetch(request), host: '127.0.0.1', port: 0 })
  })
  afterAll(() => listening.close({ withinMs: 1000 }))
  return { mind, url: () => `http://127.0.0.1:${listening.port}` }
}

const messages = [{ role: 'user' as const, content: 'hello' }]

describe('a server with keys', () => {
  const { url } = useServer({ keys: keyStore })
  const openai = (OpenAI: typeof OpenAI7, apiKey: string) =>
    new OpenAI({ baseURL: `${url()}/v1`, apiKey, maxRetries: 0 })

  it.each(lines)('lets $line in with a key only', async ({ OpenAI }) => {
    const ask = (key: string) => openai(OpenAI, key).chat.completions.create({ model: 'scripted', messages })
    expect((await ask('key-of-ann')).choices[0].message.content).toBe('You said: hello')
    await expect(ask('key-of-none')).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
    await expect(ask('key-of-none')).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' })
    await expect(openai(OpenAI, 'wrong').responses.create({ model: 'scripted', input: 'x' })).rejects.toMatchObject({
      status: 401,
    })
    await expect(openai(OpenAI, 'wrong').models.list()).rejects.toMatchObject({ status: 401 })
  })

  it.each(lines)('keeps the responses of one key from another ($line)', async ({ OpenAI }) => {
    const [ann, ben] = [openai(OpenAI, 'key-of-ann'), openai(OpenAI, 'key-of-ben')]
    const { id, output } = await ann.responses.create({ model: 'scripted', input: 'secret' })
    await expect(ben.responses.retrieve(id)).rejects.toMatchObject({ status: 404 })
    await expect(ben.responses.delete(id)).rejects.toMatchObject({ status: 404 })
    await expect(
      ben.responses.create({ model: 'scripted', input: 'x', previous_response_id: id }),
    ).rejects.toMatchObject({ status: 404 })
    const reference = { type: 'item_reference' as const, id: output[0].id! }
    await expect(ben.responses.create({ model: 'scripted', input: [reference] })).rejects.toMatchObject({ status: 404 })
    expect((await ann.responses.retrieve(id)).output_text).toBe('You said: secret')
  })

  it("lets Anthropic's client in by x-api-key", async () => {
    const ask = (apiKey: string) =>
      new Anthropic({ baseURL: url(), apiKey, maxRetries: 0 }).messages.create({
        model: 'scripted',
        max_tokens: 9,
        messages,
      })
    expect((await ask('key-of-ben')).stop_reason).toBe('end_turn')
    await expect(ask('wrong')).rejects.toBeInstanceOf(Anthropic.AuthenticationError)
  })

  it("lets Ollama's client in by a header", async () => {
    const ask = (key: string) =>
      new Ollama({ host: url(), headers: { authorization: `Bearer ${key}` } }).chat({ model: 'scripted', messages })
    expect((await ask('key-of-ann')).done).toBe(true)
    await expect(ask('wrong')).rejects.toThrow(/API key/)
  })
})

describe('a server with no place left', () => {
  const { mind, url } = useServer({ limits: { concurrency: 1, queued: 8, queuedPerCaller: 0 } })

  it.each(lines)('tells $line when to try again', async ({ OpenAI }) => {
    const client = (maxRetries: number) => new OpenAI({ baseURL: `${url()}/v1`, apiKey: 'none', maxRetries })
    const busy = await client(0).chat.completions.create({
      model: 'scripted',
      stream: true,
      messages: [{ role: 'user', content: 'dawdle' }],
    })
    await busy[Symbol.asyncIterator]().next()
    const ask = (maxRetries: number) => client(maxRetries).chat.completions.create({ model: 'scripted', messages })
    const refusal = await ask(0).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(OpenAI.RateLimitError)
    const { headers } = refusal as { headers: Headers }
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(headers.get('retry-after-ms'))).toBeGreaterThan(0)
    const patient = ask(2)
    setTimeout(() => busy.controller.abort(), 50)
    expect((await patient).choices[0].message.content).toBe('You said: hello')
    await expect.poll(() => mind.active()).toBe(0)
  })

  it("has Anthropic's and Ollama's words for it", async () => {
    const busy = await new OpenAI7({ baseURL: `${url()}/v1`, apiKey: 'none' }).responses.create({
      model: 'scripted',
      stream: true,
      input: 'dawdle',
    })
    await busy[Symbol.asyncIterator]().next()
    const anthropic = new Anthropic({ baseURL: url(), apiKey: 'none', maxRetries: 0 })
    await expect(anthropic.messages.create({ model: 'scripted', max_tokens: 9, messages })).rejects.toBeInstanceOf(
      Anthropic.RateLimitError,
    )
    await expect(new Ollama({ host: url() }).chat({ model: 'scripted', messages })).rejects.toThrow(/Try again/)
    busy.controller.abort()
    await expect.poll(() => mind.active()).toBe(0)
  })
})

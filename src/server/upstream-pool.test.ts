import { describe, expect, it } from 'vitest'
import { httpClient } from '../../test/support/http-client.ts'
import { endEvent, scriptedModel, scriptedPool, words } from '../../test/support/scripted-model.ts'
import { createApp } from './app.ts'
import { createUpstreamPool, type UpstreamOptions } from './upstream-pool.ts'

const messages = [{ role: 'user', content: 'hi' }]
const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }]

/** Our server in front of another app of ours, which plays the server without tools. */
function chain(options: Partial<UpstreamOptions> = {}) {
  const behind = scriptedModel({
    name: 'qwen-72b',
    // A plain completion writes a call in the universal notation; a chat answers.
    answer: ({ prompt }) =>
      prompt === undefined
        ? words('plain', ' answer')
        : [...words('[{"name": "look", "arguments": {}}]'), endEvent('stop', 9)],
  })
  const upstream = createApp({ models: scriptedPool(behind) })
  const models = createUpstreamPool({
    baseUrl: 'http://localhost/v1',
    fetch: async (url, init) => upstream.request(String(url), init),
    ...options,
  })
  return { behind, client: httpClient(createApp({ models })) }
}

describe('a server in front of another', () => {
  it('passes conversations without tools through as they are', async () => {
    const { client, behind } = chain()
    const { json } = await client.post('/v1/chat/completions', { messages, temperature: 0 })
    expect(json).toMatchObject({ model: 'qwen-72b', choices: [{ message: { content: 'plain answer' } }] })
    expect(behind.calls).toMatchObject([{ messages, options: { temperature: 0 } }])
  })

  it('brings the tools itself, over plain completions that know nothing of them', async () => {
    const { client, behind } = chain()
    const { json } = await client.post('/v1/chat/completions', { messages, tools, tool_choice: 'required' })
    expect(json).toMatchObject({
      choices: [
        { message: { tool_calls: [{ function: { name: 'look', arguments: '{}' } }] }, finish_reason: 'tool_calls' },
      ],
    })
    for (const { prompt, options } of behind.calls) {
      expect(prompt).toBeTypeOf('string')
      expect(options.tools).toBeUndefined()
    }
  })

  it('leaves the tools to a server that has them', async () => {
    const { client, behind } = chain({ tools: 'upstream' })
    await client.post('/v1/chat/completions', { messages, tools })
    expect(behind.calls).toMatchObject([{ options: { tools } }])
  })

  it('lists the models there, and refuses what it does not pass on', async () => {
    const { client } = chain()
    expect((await client.get('/v1/models')).json).toMatchObject({ data: [{ id: 'qwen-72b', default: true }] })
    for (const [path, body] of [
      ['/v1/completions', { prompt: 'x', logprobs: 2 }],
      ['/v1/completions', { prompt: 'x', suffix: 'y' }],
      ['/v1/completions', { prompt: [1, 2], response_format: { type: 'json_object' } }],
      ['/tokenize', { content: 'x' }],
    ] as const) {
      const { status, json } = await client.post(path, body)
      expect([path, status, json]).toMatchObject([path, 400, { error: { code: 'unsupported_value' } }])
    }
    expect((await client.post('/v1/chat/completions', { messages, model: 'other' })).status).toBe(404)
  })

  it('passes plain completions on, of texts and of token ids, whole and as a stream', async () => {
    const { client, behind } = chain()
    const body = { prompt: ['x', 'y'], max_tokens: 3, seed: 7, n: 1, echo: true }
    const { json } = await client.post('/v1/completions', body)
    expect(json).toMatchObject({
      choices: [
        { text: 'x[{"name": "look", "arguments": {}}]', index: 0, finish_reason: 'stop' },
        { text: 'y[{"name": "look", "arguments": {}}]', index: 1 },
      ],
      usage: { prompt_tokens: 10, completion_tokens: 18 },
    })
    expect(behind.calls[0]).toMatchObject({ options: { maxTokens: 3, seed: 7 } })
    await client.post('/v1/completions', { prompt: [5, 6] })
    expect(behind.calls.at(-1)?.prompt).toEqual([5, 6])
    const { text } = await client.post('/v1/completions', { prompt: 'x', stream: true })
    expect(text).toContain('"text":"[{')
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true)
  })

  it('holds a completion to its format here', async () => {
    const { client, behind } = chain()
    const body = { prompt: 'x', max_tokens: 60, response_format: { type: 'json_object' } }
    const { json } = await client.post('/v1/completions', body)
    const [{ text, finish_reason }] = (json as { choices: { text: string; finish_reason: string }[] }).choices
    if (finish_reason === 'stop') expect(JSON.parse(text)).toBeTypeOf('object')
    expect(text.startsWith('{')).toBe(true)
    for (const { options } of behind.calls) expect(options.format).toBeUndefined()
  })

  it('passes embeddings on, with the tokens that the other counted', async () => {
    const { client } = chain()
    const { json } = await client.post('/v1/embeddings', { input: ['abc', 'de'] })
    expect(json).toMatchObject({
      data: [{ embedding: [3, 1, 2, 3] }, { embedding: [2, 1, 2, 3] }],
      usage: { prompt_tokens: 5, total_tokens: 5 },
    })
    expect((await client.post('/v1/embeddings', { input: 'x', dimensions: 2 })).status).toBe(400)
    expect((await client.post('/api/embed', { input: 'abc' })).json).toMatchObject({ prompt_eval_count: 3 })
  })

  it('refuses vectors that are none', async () => {
    for (const data of [[], [{ index: 0, embedding: ['x'] }], [{ index: 4, embedding: [1] }], 'none']) {
      const { client } = chain({
        fetch: async (url) =>
          String(url).endsWith('/models') ? Response.json({ data: [{ id: 'e' }] }) : Response.json({ data }),
      })
      const { status, json } = await client.post('/v1/embeddings', { input: 'x' })
      expect([status, json]).toMatchObject([502, { error: { code: 'upstream_failed' } }])
    }
  })

  it('tells that the other cannot be reached', async () => {
    const { client } = chain({
      fetch: async () => {
        throw new Error('refused')
      },
    })
    const { status, json } = await client.post('/v1/chat/completions', { messages })
    expect([status, json]).toMatchObject([502, { error: { code: 'upstream_failed' } }])
  })
})

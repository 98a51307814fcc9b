/** Embeddings, models, tokens, metrics and the document. */
import { describe, expect, it } from 'vitest'
import { httpClient } from '../../../test/support/http-client.ts'
import { scriptedModel, scriptedPool } from '../../../test/support/scripted-model.ts'
import { createApp } from '../app.ts'

const client = httpClient(
  createApp({
    models: scriptedPool(scriptedModel(), scriptedModel({ name: 'hf:owner/repo/a b.gguf' })),
    version: '1.2.3',
  }),
)

describe('/v1/embeddings', () => {
  const embed = (body: object) => client.post('/v1/embeddings', { input: 'abc', ...body })

  it('gives a vector per text, and counts tokens', async () => {
    expect((await embed({ input: ['abc', 'x'] })).json).toEqual({
      object: 'list',
      model: 'scripted',
      data: [
        { object: 'embedding', index: 0, embedding: [3, 1, 2, 3] },
        { object: 'embedding', index: 1, embedding: [1, 1, 2, 3] },
      ],
      usage: { prompt_tokens: 4, total_tokens: 4 },
    })
  })

  it('gives little-endian floats in base64', async () => {
    const { json } = await embed({ encoding_format: 'base64' })
    const [{ embedding }] = (json as { data: { embedding: string }[] }).data
    const bytes = Uint8Array.from(atob(embedding), (character) => character.charCodeAt(0))
    expect([...new Float32Array(bytes.buffer)]).toEqual([3, 1, 2, 3])
  })

  it.each([
    ['dimensions', 'unsupported_parameter', { dimensions: 2 }],
    ['input', 'invalid_value', { input: '' }],
    ['input', 'invalid_value', { input: [] }],
    ['input[0]', 'unsupported_parameter', { input: [1, 2] }],
    ['input', 'invalid_value', { input: Array.from({ length: 2049 }, () => 'x') }],
    ['foo', 'unknown_parameter', { foo: 1 }],
  ])('%s: %s', async (param, code, fields) => {
    const { status, json } = await embed(fields)
    expect([status, json]).toMatchObject([400, { error: { param, code } }])
  })

  it('takes the dimensions that there are', async () => expect((await embed({ dimensions: 4 })).status).toBe(200))
})

describe('/v1/rerank', () => {
  const ranker = httpClient(createApp({ models: scriptedPool(scriptedModel({ name: 'ranker', kind: 'encoder' })) }))
  const documents = ['three', { text: 'a' }, 'be']

  it('gives indices and scores, the best first', async () => {
    const { status, json } = await ranker.post('/v1/rerank', { query: 'q', documents })
    expect([status, json]).toEqual([
      200,
      {
        model: 'ranker',
        results: [
          { index: 1, relevance_score: 1 / 2 },
          { index: 2, relevance_score: 1 / 3 },
          { index: 0, relevance_score: 1 / 6 },
        ],
        usage: { total_tokens: 1 + 5 + 1 + 2 },
      },
    ])
  })

  it('keeps the best and repeats their texts where asked', async () => {
    const { json } = await ranker.post('/v1/rerank', { query: 'q', documents, top_n: 1, return_documents: true })
    expect((json as { results: unknown }).results).toEqual([
      { index: 1, relevance_score: 1 / 2, document: { text: 'a' } },
    ])
  })

  it('tells what to do where the model has no head', async () => {
    const { status, json } = await client.post('/v1/rerank', { query: 'q', documents })
    expect([status, json]).toMatchObject([400, { error: { code: 'unsupported_value' } }])
    expect(JSON.stringify(json)).toContain("method: 'embedding'")
    expect((await client.post('/v1/rerank', { query: 'q', documents, method: 'embedding' })).status).toBe(200)
  })

  it.each([
    [{ documents: [] }, 'documents'],
    [{ query: '' }, 'query'],
    [{ top_n: 0 }, 'top_n'],
    [{ documents: [1] }, 'documents[0]'],
    [{ method: 'cosine' }, 'method'],
  ])('refuses %j by name', async (fields, param) => {
    const { status, json } = await ranker.post('/v1/rerank', { query: 'q', documents, ...fields })
    expect([status, json]).toMatchObject([400, { error: { param } }])
  })
})

describe('/v1/models', () => {
  it('lists and shows, also a name with slashes and blanks', async () => {
    const { json } = await client.get('/v1/models')
    expect((json as { data: { id: string }[] }).data.map(({ id }) => id)).toEqual([
      'scripted',
      'hf:owner/repo/a b.gguf',
    ])
    for (const path of ['hf:owner/repo/a%20b.gguf', 'hf%3Aowner%2Frepo%2Fa%20b.gguf']) {
      expect((await client.get(`/v1/models/${path}`)).json).toMatchObject({
        id: 'hf:owner/repo/a b.gguf',
        object: 'model',
      })
    }
  })

  it('tells the names there are for one that is not, and bad escapes are no crash', async () => {
    const { status, json } = await client.get('/v1/models/gpt-4')
    expect([status, json]).toMatchObject([404, { error: { code: 'model_not_found' } }])
    expect((await client.get('/v1/models/%E0%A4%A')).status).toBe(404)
  })
})

describe('/tokenize and /detokenize', () => {
  it('are each other’s reverse', async () => {
    const { json } = await client.post('/tokenize', { content: 'grüß' })
    const { tokens, count } = json as { tokens: number[]; count: number }
    expect(count).toBe(6)
    expect((await client.post('/detokenize', { tokens })).json).toEqual({ content: 'grüß', prompt: 'grüß' })
  })

  it.each([{ tokens: [-1] }, { tokens: [0.5] }, { tokens: [2 ** 31] }, { tokens: ['a'] }])(
    'refuse %j',
    async (body) => {
      expect((await client.post('/detokenize', body)).status).toBe(400)
    },
  )
})

describe('/openapi.json', () => {
  it('describes every route of the app', async () => {
    const app = createApp({ models: scriptedPool(scriptedModel()) })
    const { json } = await client.get('/openapi.json')
    const document = json as {
      openapi: string
      info: { version: string }
      paths: Record<string, Record<string, unknown>>
    }
    expect([document.openapi, document.info.version]).toEqual(['3.1.0', '1.2.3'])
    for (const { method, path } of app.routes.filter((route) => route.method !== 'ALL')) {
      const template = path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')
      expect(document.paths[template], template).toHaveProperty(method.toLowerCase())
    }
  })

  it('refers only to what it holds', async () => {
    const { text, json } = await client.get('/openapi.json')
    const { schemas } = (json as { components: { schemas: Record<string, unknown> } }).components
    const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name)
    expect(names.length).toBeGreaterThan(10)
    for (const name of names) expect(schemas).toHaveProperty(name)
    expect(text).not.toContain('#/$defs/')
  })
})

describe('what clients of other servers ask', () => {
  it('takes the words of vLLM for a text', async () => {
    const asked = { prompt: 'grüß', add_special_tokens: false }
    expect((await client.post('/tokenize', asked)).json).toMatchObject({ count: 6, max_model_len: 1024 })
    expect((await client.post('/tokenize', { ...asked, content: 'x' })).status).toBe(400)
    expect((await client.post('/tokenize', {})).status).toBe(400)
  })

  it('gives the prompt of a conversation', async () => {
    const { json } = await client.post('/apply-template', { messages: [{ role: 'user', content: 'hello' }] })
    expect((json as { prompt: string }).prompt).toContain('hello')
  })

  it('says what the server is', async () => {
    expect((await client.get('/version')).json).toEqual({ version: '1.2.3' })
    expect((await client.get('/props')).json).toMatchObject({ default_generation_settings: { n_ctx: 1024 } })
    expect((await client.get('/props?foo=1')).status).toBe(400)
  })

  it('pulls what is here, and says how the rest comes', async () => {
    expect((await client.post('/api/pull', { model: 'scripted', stream: false })).json).toEqual({ status: 'success' })
    const { status, json } = await client.post('/api/pull', { model: 'other' })
    expect([status, json]).toMatchObject([400, { error: expect.stringContaining('ostro pull other') as string }])
    expect((await client.post('/api/copy', {})).json).toMatchObject({
      error: expect.stringContaining('Not supp') as string,
    })
  })

  it.each(['guided_json', 'grammar', 'n_predict', 'repeat_penalty', 'stop_token_ids'])(
    'names what %s is here',
    async (field) => {
      const messages = [{ role: 'user', content: 'hi' }]
      const { status, json } = await client.post('/v1/chat/completions', { messages, [field]: 1 })
      expect([status, json]).toMatchObject([400, { error: { param: field, code: 'unsupported_parameter' } }])
    },
  )

  it('wants the call that a result belongs to', async () => {
    const { status, json } = await client.post('/v1/chat/completions', {
      messages: [{ role: 'tool', tool_call_id: 'gone', content: '1' }],
    })
    expect([status, json]).toMatchObject([400, { error: { param: 'messages[0].tool_call_id' } }])
  })
})

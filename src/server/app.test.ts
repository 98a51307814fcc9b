/** What every request passes before it reaches an endpoint: host, origin, key, body; and what it holds while it is there. */
import { describe, expect, it } from 'vitest'
import { httpClient } from '../../test/support/http-client.ts'
import { scriptedModel, type ScriptOptions, scriptedPool, words } from '../../test/support/scripted-model.ts'
import type { KeyStore } from './access.ts'
import { createKey, createKeyStore } from './api-keys.ts'
import { createApp, type ServerOptions } from './app.ts'

const chat = '/v1/chat/completions'
const messages = [{ role: 'user', content: 'hi' }]

function serve(options: Partial<ServerOptions> = {}, script: ScriptOptions = {}) {
  const model = scriptedModel(script)
  const app = createApp({ models: scriptedPool(model), ...options })
  return { app, model, client: httpClient(app) }
}

/** A request with a body, as endpoints that need one want it. */
const init = (method: string, headers: Record<string, string> = {}): RequestInit =>
  method === 'POST' ? { method, headers, body: JSON.stringify({ messages }) } : { method, headers }

describe('host and origin', () => {
  const { app } = serve({ allowedHosts: ['ostro.internal'], allowedOrigins: ['http://trusted.test'] })
  const status = async (headers: Record<string, string>, path = '/v1/models') =>
    (await app.request(path, { headers })).status

  it.each([
    'localhost',
    'localhost:7878',
    '127.0.0.1:1',
    '[::1]:80',
    '192.168.1.5',
    'ostro.internal',
    'OSTRO.internal:1',
  ])('the host %s is this server', async (host) => expect(await status({ host })).toBe(200))

  it.each(['evil.test', 'localhost.evil.test', '127.0.0.1.evil.test', 'evil.test:7878', '[::1].evil.test', ''])(
    'the host %j is not, on any path',
    async (host) => {
      for (const path of ['/v1/models', '/health', '/', '/metrics']) expect(await status({ host }, path)).toBe(403)
    },
  )

  it.each([
    [{ origin: 'http://localhost:7878' }, 200],
    [{ origin: 'http://trusted.test' }, 200],
    [{}, 200],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 200],
    [{ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, 200],
    [{ origin: 'http://evil.test' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://localhost:9999' }, 403],
    [{ origin: 'http://trusted.test.evil.test' }, 403],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    [{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }, 403],
  ] as [Record<string, string>, number][])('a request with %j gets %i', async (headers, expected) => {
    expect(await status({ host: 'localhost:7878', ...headers })).toBe(expected)
    expect(await status({ host: 'localhost:7878', ...headers }, '/health')).toBe(expected)
  })

  it('answers the preflight of an allowed origin only, and lets it read', async () => {
    const preflight = (origin: string) =>
      app.request(chat, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-headers': 'authorization,x-stainless-os' },
      })
    const granted = await preflight('http://trusted.test')
    expect(granted.status).toBe(204)
    expect(granted.headers.get('access-control-allow-origin')).toBe('http://trusted.test')
    expect(granted.headers.get('access-control-allow-headers')).toContain('x-stainless-os')
    expect((await preflight('http://evil.test')).status).toBe(403)
    const read = await app.request('/v1/models', { headers: { origin: 'http://trusted.test' } })
    expect(read.headers.get('access-control-allow-origin')).toBe('http://trusted.test')
    expect((await app.request('/v1/models')).headers.get('access-control-allow-origin')).toBeNull()
  })
})

it('does not generate an answer again for a client that reconnects by itself', async () => {
  const { app, model } = serve()
  const body = JSON.stringify({ messages, stream: true })
  const headers = { 'last-event-id': '7' }
  const response = await app.request(chat, { method: 'POST', headers, body })
  expect(response.status).toBe(409)
  expect(await response.json()).toMatchObject({ error: { code: 'stream_not_resumable' } })
  expect(model.calls).toHaveLength(0)
})

describe('API keys', async () => {
  const { key, record } = await createKey('ada', new Date(0))
  const revoked = await createKey('bob', new Date(0))
  const keys: KeyStore = createKeyStore({ read: async () => [record] })
  const { app, model } = serve({ keys })

  it('keeps the hash only', () => {
    expect(JSON.stringify(record)).not.toContain(key)
    expect(key).toMatch(/^ostro-[\w-]{43}$/)
  })

  /** The table that the app really has, not the one that it was made from. */
  const routes = app.routes.filter(({ method, path }) => method !== 'ALL' && path !== '*' && path !== '/*')

  it('walks a table that is not empty', () => expect(routes.length).toBeGreaterThan(8))

  it.each(routes.map(({ method, path }) => [method, path]))('%s %s needs the key', async (method, path) => {
    const url = path.replace(/:\w+(\{[^}]*\})?/g, 'scripted')
    const ask = async (headers: Record<string, string>) => (await app.request(url, init(method, headers))).status
    const expected = path === '/health' ? 200 : 401
    expect(await ask({})).toBe(expected)
    for (const wrong of [`${key}x`, key.slice(0, -1), revoked.key, '', 'none', record.sha256]) {
      expect(await ask({ authorization: `Bearer ${wrong}` })).toBe(expected)
      expect(await ask({ 'x-api-key': wrong })).toBe(expected)
    }
    expect(await ask({ authorization: `Basic ${btoa('x:wrong')}` })).toBe(expected)
    expect(await ask({ authorization: 'Basic %%%' })).toBe(expected)
    for (const right of [
      { authorization: `Bearer ${key}` },
      { authorization: `bearer ${key}` },
      { 'x-api-key': key },
      { authorization: `Basic ${btoa(`anybody:${key}`)}` },
    ]) {
      expect(await ask(right as Record<string, string>)).not.toBe(401)
    }
  })

  it('needs it for paths that are not there, and for the page', async () => {
    for (const path of ['/', '/nothing', '/v1/nothing', '/health/', '/Health']) {
      expect((await app.request(path)).status).toBe(401)
    }
    expect((await app.request('/health', { method: 'POST' })).status).toBe(401)
  })

  it("is the caller's share of the prefix cache", async () => {
    await app.request(chat, init('POST', { authorization: `Bearer ${key}` }))
    expect(model.calls.at(-1)?.options).toMatchObject({ cacheKey: 'ada' })
  })

  it('asks a browser for it as a password, and a program in words', async () => {
    const navigation = await app.request('/', { headers: { 'sec-fetch-mode': 'navigate' } })
    expect(navigation.headers.get('www-authenticate')).toContain('Basic')
    expect((await app.request('/')).headers.get('www-authenticate')).toBe('Bearer')
  })

  it('stays needed when the last one is revoked', async () => {
    let records = [record]
    const store = createKeyStore({ read: async () => records })
    expect(await store.required()).toBe(true)
    records = []
    expect(await store.required()).toBe(true)
    expect(await store.identify(key)).toBeUndefined()
  })
})

describe('bodies', () => {
  it.each([
    ['{', 400, 'invalid_json'],
    ['', 400, 'invalid_json'],
    ['[]', 400, 'invalid_type'],
    ['null', 400, 'invalid_type'],
    [JSON.stringify({ messages: [{ role: 'user', content: 'longer' }] }), 413, 'request_too_large'],
  ])('%j is refused', async (body, status, code) => {
    const { client } = serve({ limits: { bodyBytes: 40 } })
    const reply = await client.post(chat, body)
    expect(reply.status).toBe(status)
    expect(reply.json).toMatchObject({ error: { code } })
  })

  it('counts the bytes of a body that does not tell its length', async () => {
    const { app } = serve({ limits: { bodyBytes: 1000 } })
    let sent = 0
    const body = new ReadableStream({
      pull: (controller) => {
        sent += 100
        controller.enqueue(new Uint8Array(100).fill(32))
      },
    })
    const response = await app.request(chat, { method: 'POST', body, duplex: 'half' } as RequestInit)
    expect(response.status).toBe(413)
    expect(sent).toBeLessThan(3000)
  })

  it('is refused where it is not UTF-8', async () => {
    const { app } = serve()
    const response = await app.request(chat, { method: 'POST', body: Uint8Array.of(0x22, 0xff, 0x22) })
    expect(response.status).toBe(400)
  })
})

describe('paths', () => {
  it('that are not there are 404 in the words of their interface', async () => {
    const { client } = serve()
    expect((await client.get('/v1/nothing')).json).toMatchObject({ error: { code: 'unknown_route' } })
    expect((await client.get('/api/nothing')).json).toEqual({
      error: expect.stringContaining('/api/nothing') as string,
    })
    expect((await client.get('/v1/messages/nothing')).json).toMatchObject({ type: 'error' })
  })

  it('say what they take where they are asked in another way', async () => {
    const { app } = serve({ page: async () => new Response('page') })
    const refused = await app.request(chat)
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST'])
    expect(await refused.json()).toMatchObject({ error: { code: 'method_not_allowed' } })
    const asked = await app.request('/v1/responses/resp_1', { method: 'OPTIONS' })
    expect([asked.status, asked.headers.get('allow')]).toEqual([204, 'GET, HEAD, DELETE'])
    expect((await app.request('/v1/models', { method: 'HEAD' })).status).toBe(200)
  })

  it('of the page are asked for last', async () => {
    const page = async (path: string) => (path === '/' ? new Response('page') : undefined)
    const { app } = serve({ page })
    expect(await (await app.request('/')).text()).toBe('page')
    expect((await app.request('/v1/models')).headers.get('content-type')).toContain('json')
    expect((await app.request('/none')).status).toBe(404)
  })
})

describe('a request', () => {
  it('that the client leaves stops the model and gives its place back', async () => {
    const { app, model } = serve(
      { limits: { concurrency: 1 } },
      { answer: () => words(...Array.from({ length: 500 }, () => 'x')), msPerEvent: 5 },
    )
    for (const stream of [true, false]) {
      const leaving = new AbortController()
      const body = JSON.stringify({ messages, stream })
      const pending = app.request(chat, { method: 'POST', body, signal: leaving.signal })
      await expect.poll(() => model.active()).toBe(1)
      leaving.abort()
      await pending
      await expect.poll(() => model.active()).toBe(0)
    }
    expect(await waitingAndActive(app)).toEqual([0, 0])
  })

  it('whose stream is cancelled stops the model', async () => {
    const { app, model } = serve({}, { answer: () => words(...Array.from({ length: 500 }, () => 'x')), msPerEvent: 5 })
    const response = await app.request(chat, { method: 'POST', body: JSON.stringify({ messages, stream: true }) })
    const reader = response.body?.getReader()
    await reader?.read()
    await expect.poll(() => model.active()).toBe(1)
    await reader?.cancel()
    await expect.poll(() => model.active()).toBe(0)
    await expect.poll(() => waitingAndActive(app)).toEqual([0, 0])
  })

  it('that takes longer than it may ends as 504, or as an error in its stream', async () => {
    const { client } = serve(
      { limits: { deadlineMs: 60 } },
      { answer: () => words(...Array.from({ length: 500 }, () => 'x')), msPerEvent: 5 },
    )
    const reply = await client.post(chat, { messages })
    expect(reply.status).toBe(504)
    expect(reply.headers.get('x-should-retry')).toBe('false')
    const { events, done } = await client.post(chat, { messages, stream: true })
    expect(events.at(-1)).toMatchObject({ error: { code: 'deadline_exceeded' } })
    expect(done).toBe(false)
  })

  it('whose time is over while it waits never starts', async () => {
    // The first model is deaf for a while, so its place is free only when the second request's time is over.
    const deaf = async function* () {
      await new Promise((resolve) => setTimeout(resolve, 200))
      yield* words('x')
    }
    const { client, model } = serve({ limits: { concurrency: 1, deadlineMs: 50 } }, { answer: deaf })
    const replies = await Promise.all([client.post(chat, { messages }), client.post(chat, { messages })])
    expect(replies.map(({ status }) => status)).toEqual([504, 504])
    expect(model.calls).toHaveLength(1)
  })

  it('that finds the queue full is refused at once and told when to come again', async () => {
    const { app, client } = serve(
      { limits: { concurrency: 1, queued: 2, queuedPerCaller: 2 } },
      { answer: () => words('x'), msPerEvent: 40 },
    )
    const replies = await Promise.all(Array.from({ length: 6 }, () => client.post(chat, { messages })))
    const refused = replies.filter(({ status }) => status === 429)
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(3)
    expect(refused).toHaveLength(3)
    for (const { headers } of refused) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      expect(Number(headers.get('retry-after-ms'))).toBeGreaterThan(0)
    }
    expect(await waitingAndActive(app)).toEqual([0, 0])
  })

  it('that comes while the server stops is refused, one that runs is answered', async () => {
    const stop = new AbortController()
    const { client, model } = serve({ draining: stop.signal }, { msPerEvent: 20 })
    const running = client.post(chat, { messages })
    await expect.poll(() => model.calls, { interval: 1 }).toHaveLength(1)
    stop.abort()
    for (const path of ['/health', '/v1/models']) {
      const { status, json, headers } = await client.get(path)
      expect([status, json]).toMatchObject([503, { error: { code: 'server_stopping' } }])
      expect(headers.get('retry-after')).toBe('5')
    }
    expect((await running).status).toBe(200)
  })

  it('has an id, and is counted', async () => {
    const { client } = serve()
    const { headers } = await client.post(chat, { messages })
    expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
    const { text } = await client.get('/metrics')
    expect(text).toContain('ostro_requests_total{path="/v1/chat/completions",status="200"} 1')
    expect(text).toContain('ostro_tokens_total{model="scripted",kind="generated"} 2')
  })
})

async function waitingAndActive(app: ReturnType<typeof createApp>): Promise<number[]> {
  const text = await (await app.request('/metrics')).text()
  return ['waiting', 'processing'].map((name) => Number(new RegExp(`ostro_requests_${name} (\\d+)`).exec(text)?.[1]))
}

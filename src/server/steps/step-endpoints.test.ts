/** Runs of tasks and agents over HTTP: what is asked, lent, streamed, bounded, cancelled and refused. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { httpClient } from '../../../test/support/http-client.ts'
import {
  endEvent,
  scriptedModel,
  type ScriptOptions,
  scriptedPool,
  words,
} from '../../../test/support/scripted-model.ts'
import { echoStep, testSteps } from '../../../test/support/test-steps.ts'
import { createApp, type ServerOptions } from '../app.ts'
import { listen } from '../node.ts'

const path = '/v1/tasks/echo'
const input = { text: 'hi there' }

function serve(script: ScriptOptions = {}, options: Partial<ServerOptions> = {}) {
  const model = scriptedModel(script)
  const encoder = scriptedModel({ name: 'encoder', kind: 'encoder' })
  const translator = scriptedModel({ name: 'opus', kind: 'translator' })
  const models = scriptedPool(model, encoder, translator)
  const app = createApp({ models, tasks: testSteps, agents: [echoStep], ...options })
  return { app, model, client: httpClient(app) }
}

describe('a run', () => {
  it('is answered as one value', async () => {
    const { client, model } = serve()
    const { status, json } = await client.post(path, { input, seed: 7 })
    expect([status, json]).toEqual([
      200,
      {
        id: expect.stringMatching(/^run_[0-9a-f]{32}$/) as string,
        object: 'run',
        name: 'echo',
        version: 1,
        model: 'scripted',
        seed: 7,
        reason: 'answered',
        verified: false,
        warnings: [{ code: 'no-external-signal', message: 'echo: nobody verifies.' }],
        spent: {
          tokensSeen: 7,
          tokensComputed: 5,
          wallMs: expect.any(Number) as number,
          modelCalls: 1,
          toolCalls: 0,
          nodes: 0,
        },
        output: { text: 'Hello world' },
      },
    ])
    expect(model.calls[0]).toMatchObject({
      messages: [{ role: 'user', content: 'hi there' }],
      options: { maxTokens: 16, cacheKey: 'anonymous' },
    })
  })

  it('is streamed as events with names and numbers, the last one with the whole answer', async () => {
    const { client } = serve()
    const { text, events, done } = await client.post(path, { input, config: { samples: 2 }, stream: true })
    expect(done).toBe(true)
    const types = events.map((event) => (event as { type: string }).type)
    expect(types[0]).toBe('run-start')
    expect(types.slice(-2)).toEqual(['run-end', 'step-output'])
    expect(types.filter((type) => type === 'call-start')).toHaveLength(2)
    expect(events.at(-1)).toMatchObject({ type: 'step-output', object: 'run', output: { text: 'Hello world' } })
    const frames = text.split('\n\n').filter((frame) => frame.includes('event: '))
    expect(frames.map((frame) => /id: (\d+)/.exec(frame)?.[1])).toEqual(frames.map((_, index) => String(index)))
    expect(frames[0]).toMatch(/^event: run-start\nid: 0\ndata: \{/)
  })

  it('is an agent’s as it is a task’s', async () => {
    const { client } = serve()
    expect((await client.post('/v1/agents/echo', { input })).json).toMatchObject({ output: { text: 'Hello world' } })
    expect((await client.post('/v1/agents/lent', { input })).status).toBe(404)
  })

  it('is lent the encoder and the translator where its step uses them, and scores', async () => {
    const { client } = serve({ score: (_, continuation) => (continuation === ' yes' ? -1 : -2) })
    const { json } = await client.post('/v1/tasks/lent', { input })
    expect(json).toMatchObject({ output: { text: '[true,4,"[it] hi there"]' } })
    const named = await client.post('/v1/tasks/lent', { input, encoder: 'none' })
    expect([named.status, named.json]).toMatchObject([404, { error: { code: 'model_not_found' } }])
  })

  it('goes without those where the server has none', async () => {
    const app = createApp({ models: scriptedPool(scriptedModel()), tasks: testSteps })
    const { json } = await httpClient(app).post('/v1/tasks/lent', { input })
    expect(json).toMatchObject({ output: { text: '[false,0,"none"]' } })
  })

  it('holds one place, however many models it uses', async () => {
    const { client } = serve({}, { limits: { concurrency: 1 } })
    const replies = await Promise.all([1, 2, 3].map(() => client.post('/v1/tasks/lent', { input })))
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200])
  })

  it('is counted with what ended it', async () => {
    const { client } = serve()
    await client.post(path, { input })
    await client.post(path, { input, config: { samples: 4 }, budget: { modelCalls: 2 } })
    await client.post('/v1/tasks/lent', { input })
    const { text } = await client.get('/metrics')
    expect(text).toContain('ostro_runs_total{run="tasks/echo",reason="answered"} 1')
    expect(text).toContain('ostro_runs_total{run="tasks/echo",reason="budget-modelCalls"} 1')
    expect(text).toContain('ostro_requests_total{path="/v1/tasks/echo",status="200"} 2')
    expect(text).toMatch(/ostro_tokens_total\{model="scripted",kind="prompt"\} \d\d/)
  })
})

describe('a budget', () => {
  it('ends the run with the best so far', async () => {
    const { client } = serve()
    const { json } = await client.post(path, { input, config: { samples: 4 }, budget: { modelCalls: 2 } })
    expect(json).toMatchObject({
      reason: 'budget-modelCalls',
      output: { text: 'Hello world' },
      spent: { modelCalls: 2 },
    })
  })

  it('is bounded by the server’s, said or not', async () => {
    const { client } = serve({}, { limits: { runBudget: { modelCalls: 3 } } })
    const { json } = await client.post(path, { input, config: { samples: 5 } })
    expect(json).toMatchObject({ reason: 'budget-modelCalls', spent: { modelCalls: 3 } })
    const more = await client.post(path, { input, budget: { modelCalls: 4 } })
    expect([more.status, more.json]).toMatchObject([400, { error: { param: 'budget.modelCalls' } }])
  })

  it.each([
    ['tokens', 0],
    ['tokens', -1],
    ['wallMs', 0.5],
    ['nodes', 2 ** 60],
    ['depth', '1'],
    ['rounds', 65],
    ['dollars', 1],
  ])('of %s %j is refused by name', async (unit, limit) => {
    const { status, json } = await serve().client.post(path, { input, budget: { [unit]: limit } })
    expect([status, json]).toMatchObject([400, { error: { param: `budget.${unit}` } }])
  })

  it('of time ends before the request’s time is over, so that the best so far is told', async () => {
    const slow: ScriptOptions = { answer: () => words(...Array.from({ length: 500 }, () => 'x')), msPerEvent: 5 }
    const { client } = serve(slow, { limits: { deadlineMs: 2000 } })
    const { status, json } = await client.post(path, { input })
    expect([status, json]).toMatchObject([200, { reason: 'budget-wallMs' }])
  })
})

describe('who leaves', () => {
  const slow: ScriptOptions = { answer: () => words(...Array.from({ length: 500 }, () => 'x')), msPerEvent: 5 }

  it.each([true, false])('stops all calls of the run (stream: %s)', async (stream) => {
    const { app, model, client } = serve(slow, { limits: { concurrency: 1 } })
    const leaving = new AbortController()
    const body = JSON.stringify({ input, config: { samples: 4 }, stream })
    const answer = app.request(path, { method: 'POST', body, signal: leaving.signal })
    await expect.poll(() => model.active()).toBe(4)
    leaving.abort()
    await answer
    await expect.poll(() => model.active()).toBe(0)
    const { text } = await client.get('/metrics')
    expect(text).toContain('ostro_requests_processing 0')
    expect(text).toContain('ostro_runs_total{run="tasks/echo",reason="cancelled"} 1')
  })

  it('in the middle of a stream does too', async () => {
    const { app, model } = serve(slow)
    const response = await app.request(path, { method: 'POST', body: JSON.stringify({ input, stream: true }) })
    const reader = response.body?.getReader()
    await reader?.read()
    await expect.poll(() => model.active()).toBe(1)
    await reader?.cancel()
    await expect.poll(() => model.active()).toBe(0)
  })

  it('stays a waiting reader of comments while nothing happens', async () => {
    const quiet: ScriptOptions = { msPerEvent: 60 }
    const { client } = serve(quiet, { limits: { keepAliveMs: 20 } })
    const { text } = await client.post(path, { input, stream: true })
    expect(text).toContain(': keep-alive')
  })
})

describe('what fails', () => {
  it('before the model has begun is a status, also of a stream', async () => {
    for (const stream of [true, false]) {
      const { status, json } = await serve().client.post(path, { input: { text: ' ' }, stream })
      expect([status, json]).toMatchObject([400, { error: { code: 'input_empty', param: 'input' } }])
    }
  })

  it('later is an event of the stream', async () => {
    const answer = function* () {
      yield* words('a', 'b')
      throw new Error('broken')
    }
    const { client } = serve({ answer })
    const { text, events, done } = await client.post(path, { input, stream: true })
    expect(events.at(-1)).toMatchObject({ error: { code: 'internal_error' } })
    expect(text).toContain('event: error\n')
    expect(text).not.toContain('broken')
    expect(done).toBe(false)
    expect((await client.get('/metrics')).text).toContain('reason="failed"} 1')
  })

  it.each([
    [{ input, model: 'gpt-4' }, 404, 'model_not_found'],
    [{}, 400, 'invalid_type'],
    [{ input: 'hi' }, 400, 'invalid_type'],
    [{ input, foo: 1 }, 400, 'unknown_parameter'],
    [{ input: { text: 'x', file: '/etc/passwd' } }, 400, 'unknown_parameter'],
    [{ input, config: { samples: 0 } }, 400, 'invalid_value'],
    [{ input, config: { url: 'http://169.254.169.254/' } }, 400, 'unknown_parameter'],
    [{ input, encoder: 'encoder' }, 400, 'unknown_parameter'],
    [{ input, seed: -1 }, 400, 'invalid_value'],
  ])('%j is told as %i %s', async (body, status, code) => {
    const reply = await serve().client.post(path, body)
    expect([reply.status, reply.json]).toMatchObject([status, { error: { code } }])
  })

  it('is no model’s that tells no probabilities', async () => {
    const { app } = serve()
    const { createUpstreamPool } = await import('../upstream-pool.ts')
    const models = createUpstreamPool({
      baseUrl: 'http://localhost/v1',
      fetch: async (url, init) => app.request(String(url), init),
    })
    const client = httpClient(createApp({ models, tasks: testSteps }))
    const { status, json } = await client.post('/v1/tasks/lent', { input })
    expect([status, json]).toMatchObject([400, { error: { code: 'unsupported_value' } }])
    expect((await client.post(path, { input })).json).toMatchObject({ output: { text: 'Hello world' } })
  })
})

describe('what runs code or cannot be undone', () => {
  it('is refused before anything is loaded, unless the server allows the sandbox', async () => {
    const { client, model } = serve()
    const refused = await client.post('/v1/tasks/runs-code', { input })
    expect([refused.status, refused.json]).toMatchObject([403, { error: { code: 'sandbox_not_allowed' } }])
    const allowed = serve({}, { allowSandbox: true })
    expect((await allowed.client.post('/v1/tasks/runs-code', { input })).status).toBe(200)
    for (const { client: one } of [serve(), allowed]) {
      const { status, json } = await one.post('/v1/tasks/pays', { input })
      expect([status, json]).toMatchObject([403, { error: { code: 'approval_required' } }])
    }
    expect(model.calls).toHaveLength(0)
  })
})

it('of a step that runs code with some settings only, the others are free', async () => {
  const mixed = {
    ...testSteps[2],
    name: 'mixed',
    runsCode: (config: unknown) => (config as { code?: string }).code !== undefined,
  }
  const config = z.strictObject({ code: z.string().optional() })
  const app = createApp({ models: scriptedPool(scriptedModel()), tasks: [{ ...mixed, config }] })
  const client = httpClient(app)
  expect((await client.post('/v1/tasks/mixed', { input })).status).toBe(200)
  const refused = await client.post('/v1/tasks/mixed', { input, config: { code: '1 + 1' } })
  expect([refused.status, refused.json]).toMatchObject([403, { error: { code: 'sandbox_not_allowed' } }])
})

describe('the lists', () => {
  it('tell what each step takes and gives, and the most that it may spend', async () => {
    const { client } = serve({}, { limits: { runBudget: { tokens: 5000 } } })
    const { json } = await client.get('/v1/tasks')
    const { data, budget } = json as { data: Record<string, unknown>[]; budget: Record<string, number> }
    expect(budget).toMatchObject({ tokens: 5000, wallMs: 540_000 })
    expect(data.map(({ name, allowed }) => [name, allowed])).toEqual([
      ['echo', true],
      ['lent', true],
      ['runs-code', false],
      ['pays', false],
    ])
    expect(data[0]).toMatchObject({
      version: 1,
      uses: [],
      config: { properties: { samples: { default: 1, maximum: 64 } }, additionalProperties: false },
      input: { required: ['text'] },
      output: { properties: { text: { type: 'string' } } },
    })
    expect((await client.get('/v1/agents')).json).toMatchObject({ data: [{ name: 'echo' }] })
  })
})

it('joins the text of calls side by side while a reader is slow, and loses none of it', async () => {
  const pieces = Array.from({ length: 400 }, (_, index) => `${index} `)
  const { app } = serve(
    { answer: () => [...words(...pieces), endEvent('stop', 400)] },
    { limits: { streamBufferBytes: 40_000, stallMs: 5000 } },
  )
  const body = JSON.stringify({ input, config: { samples: 8, maxTokens: 1000 }, stream: true })
  const response = await app.request(path, { method: 'POST', body })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (let step = await reader?.read(); step?.done === false; step = await reader?.read()) {
    text += step.value
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const events = text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []))
  for (let call = 0; call < 8; call++) {
    const own = events.filter((event) => event.type === 'text-delta' && event.call === call)
    expect(own.map((event) => event.text).join('')).toBe(pieces.join(''))
  }
  expect(events.length).toBeLessThan(3200)
})

it('works over a real connection, whose end stops the run', async () => {
  const { app, model } = serve({ answer: () => words(...Array.from({ length: 500 }, () => 'x')), msPerEvent: 5 })
  const server = await listen({ fetch: (request) => app.fetch(request), host: '127.0.0.1', port: 0 })
  try {
    const leaving = new AbortController()
    const body = JSON.stringify({ input, config: { samples: 3, maxTokens: 400 }, stream: true })
    const address = `http://127.0.0.1:${server.port}${path}`
    const response = await fetch(address, { method: 'POST', body, signal: leaving.signal })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toContain('event: run-start\nid: 0\n')
    await expect.poll(() => model.active()).toBe(3)
    leaving.abort()
    await expect.poll(() => model.active()).toBe(0)
    expect((await fetch(`http://127.0.0.1:${server.port}/v1/tasks`)).status).toBe(200)
  } finally {
    await server.close({ withinMs: 100 })
  }
})

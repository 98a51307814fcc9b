/** The server over a real socket when things go wrong: an engine that dies, clients that leave, dawdle or send a byte a second. */
import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { load } from '../../src/index.ts'
import { createApp, type ServerOptions } from '../../src/server/app.ts'
import { createModelPool } from '../../src/server/model-pool.ts'
import { listen, type Listening } from '../../src/server/node.ts'
import type { ModelPool } from '../../src/server/served-model.ts'
import { scriptedModel, scriptedPool, words } from '../support/scripted-model.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts'
import { writeTinyChatModel } from '../support/tiny-chat-model.ts'

let folder: TemporaryFolder
const open: Listening[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
})
afterEach(async () => {
  for (const server of open.splice(0)) await server.close({ withinMs: 0 })
})
afterAll(() => folder[Symbol.asyncDispose]())

async function start(models: ModelPool, options: Partial<ServerOptions> = {}) {
  const app = createApp({ models, ...options })
  const server = await listen({ fetch: (request) => app.fetch(request), host: '127.0.0.1', port: 0 })
  open.push(server)
  const address = `http://127.0.0.1:${server.port}`
  const chat = (body: object, signal?: AbortSignal) =>
    fetch(`${address}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ messages: [{ role: 'user', content: 'hi' }], ...body }),
      ...(signal === undefined ? {} : { signal }),
    })
  return { server, address, chat }
}

/** Answers of many pieces, one every 5 ms. */
const talker = () =>
  scriptedModel({ answer: () => words(...Array.from({ length: 1000 }, (_, index) => ` ${index}`)), msPerEvent: 5 })

describe('an engine worker that is killed in the middle of a stream', () => {
  it('ends the stream with an error event; the next request gets the model loaded anew', async () => {
    const path = join(folder.path, 'tiny.gguf')
    await writeTinyChatModel(path)
    const engines: Worker[] = []
    subscribe('worker_threads', (message) => engines.push((message as { worker: Worker }).worker))
    // The reference device is slow enough to be killed at work.
    const entry = { id: 'tiny', aliases: [], sizeBytes: 1, created: 0, licence: undefined }
    const pool = createModelPool({
      entries: async () => [entry],
      load: () => load(path, { device: 'reference' }),
      defaultModel: 'tiny',
    })
    const { chat } = await start(pool)
    const body = { max_tokens: 100, temperature: 0, logit_bias: {} }
    const before = await (await chat(body)).json()
    const response = await chat({ ...body, n: 8, stream: true })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = (await reader?.read())?.value ?? ''
    await engines[0].terminate()
    for (let step = await reader?.read(); step?.done === false; step = await reader?.read()) text += step.value
    const last = text.trim().split('\n').at(-1) ?? ''
    expect(JSON.parse(last.slice('data: '.length))).toMatchObject({
      error: { code: 'engine_failed', type: 'server_error' },
    })
    const after = (await (await chat(body)).json()) as { choices: unknown[] }
    expect(after.choices).toEqual((before as { choices: unknown[] }).choices)
    await pool.close()
  })
})

describe('clients that leave', () => {
  it('while they wait, before the first byte, and in the middle: the model stops, others go on', async () => {
    const model = talker()
    const { chat, address } = await start(scriptedPool(model), { limits: { concurrency: 4 } })
    const steady = chat({ stream: true })
    const leavers = Array.from({ length: 40 }, async (_, index) => {
      const leaving = new AbortController()
      setTimeout(() => leaving.abort(), 20 + index * 5)
      const response = await chat({ stream: index % 2 === 0 }, leaving.signal)
      await response.text()
    })
    const results = await Promise.allSettled(leavers)
    expect(results.filter(({ status }) => status === 'fulfilled')).toEqual([])
    await expect.poll(() => model.active()).toBe(1)
    const text = await (await steady).text()
    expect(text).toContain(' 999')
    expect(text.trim().endsWith('data: [DONE]')).toBe(true)
    const metrics = await (await fetch(`${address}/metrics`)).text()
    expect(metrics).toMatch(/ostro_requests_processing 0\n/)
    expect(metrics).toMatch(/ostro_requests_waiting 0\n/)
  })
})

describe('clients that dawdle', () => {
  it('a reader that takes nothing is left after the limit, and its model stops', async () => {
    const model = scriptedModel({ answer: endlessText })
    const { server } = await start(scriptedPool(model), { limits: { stallMs: 300 } })
    const socket = await rawRequest(server.port, { stream: true, messages: [{ role: 'user', content: 'hi' }] })
    socket.pause()
    await expect.poll(() => model.active()).toBe(1)
    await expect.poll(() => model.active(), { timeout: 20_000 }).toBe(0)
    socket.destroy()
  })

  it('headers that come a byte at a time keep nobody else waiting', async () => {
    const { server, chat } = await start(scriptedPool(scriptedModel()))
    const sockets = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const socket = connect(server.port, '127.0.0.1')
        await once(socket, 'connect')
        socket.write('POST /v1/chat/completions HTTP/1.1\r\nHost: loc')
        return socket
      }),
    )
    const replies = await Promise.all(Array.from({ length: 10 }, () => chat({})))
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
    for (const socket of sockets) socket.destroy()
  })
})

async function* endlessText() {
  while (true) {
    yield* words('x'.repeat(10_000))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function rawRequest(port: number, body: object): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const text = JSON.stringify(body)
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${text.length}\r\n\r\n${text}`)
  await once(socket, 'data')
  return socket
}

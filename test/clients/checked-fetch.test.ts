/** The fetch that all client suites use does see an answer that leaves the document, whole or in a stream. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApp } from '../../src/server/app.ts'
import { listen, type Listening } from '../../src/server/node.ts'
import { scriptedPool } from '../support/scripted-model.ts'
import { createCheckedFetch } from './support/checked-fetch.ts'
import { scriptedMind } from './support/scripted-mind.ts'

let listening: Listening
const url = () => `http://127.0.0.1:${listening.port}`

beforeAll(async () => {
  const app = createApp({ models: scriptedPool(scriptedMind()) })
  /** Says a word more than it should where the request has a header. */
  const drifting = async (request: Request): Promise<Response> => {
    const drifts = request.headers.has('x-drift')
    const response = await app.fetch(request)
    if (!drifts) return response
    const text = (await response.text()).replaceAll('"model":', '"drift":true,"model":')
    return new Response(text, { status: response.status, headers: response.headers })
  }
  listening = await listen({ fetch: drifting, host: '127.0.0.1', port: 0 })
})
afterAll(() => listening.close({ withinMs: 1000 }))

it.each([
  ['/v1/chat/completions', { messages: [{ role: 'user', content: 'x' }] }],
  ['/v1/chat/completions', { messages: [{ role: 'user', content: 'x' }], stream: true }],
  ['/v1/responses', { input: 'x' }],
  ['/v1/messages', { max_tokens: 9, messages: [{ role: 'user', content: 'x' }] }],
  ['/v1/messages', { max_tokens: 9, messages: [{ role: 'user', content: 'x' }], stream: true }],
  ['/api/chat', { messages: [{ role: 'user', content: 'x' }] }],
  ['/api/chat', { messages: [{ role: 'user', content: 'x' }], stream: false }],
])('%s %j', async (path, body) => {
  const checked = await createCheckedFetch(url())
  const ask = async (headers: Record<string, string>) =>
    (await checked.fetch(`${url()}${path}`, { method: 'POST', body: JSON.stringify(body), headers })).text()
  await ask({})
  expect(await checked.problems()).toEqual([])
  await ask({ 'x-drift': 'yes' })
  expect((await checked.problems()).join()).toMatch(/additional/)
  expect(checked.checked()).toBe(2)
})

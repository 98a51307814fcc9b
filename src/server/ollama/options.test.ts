import { describe, expect, it } from 'vitest'
import { httpClient } from '../../../test/support/http-client.ts'
import { scriptedModel, scriptedPool } from '../../../test/support/scripted-model.ts'
import { createApp } from '../app.ts'
import type { ModelPool } from '../served-model.ts'

/** A server whose model tells how long it was asked to stay. */
function serve(kind: 'chat' | 'encoder' = 'chat') {
  const kept: number[] = []
  const pool = scriptedPool(scriptedModel({ kind }))
  const acquire: ModelPool['acquire'] = async (...args) => ({
    ...(await pool.acquire(...args)),
    keepFor: (milliseconds) => void kept.push(milliseconds),
  })
  return { kept, client: httpClient(createApp({ models: { ...pool, acquire } })) }
}

describe('keep_alive', () => {
  it.each([
    [0, 0],
    [90, 90_000],
    [-1, Infinity],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['-1m', Infinity],
    ['0', 0],
  ])('%j keeps the model for %d ms', async (keep_alive, milliseconds) => {
    const { kept, client } = serve()
    await client.post('/api/chat', { messages: [], keep_alive })
    await client.post('/api/generate', { prompt: '', keep_alive })
    await client.post('/api/embed', { input: 'a', keep_alive })
    expect(kept).toEqual([milliseconds, milliseconds, milliseconds])
  })

  it('leaves it to the server where it is not there', async () => {
    const { kept, client } = serve()
    await client.post('/api/generate', { prompt: '', keep_alive: null })
    expect(kept).toEqual([])
  })

  it('of 0 without a prompt says that the model is let go of', async () => {
    const { json } = await serve().client.post('/api/generate', { prompt: '', keep_alive: 0 })
    expect(json).toMatchObject({ done: true, done_reason: 'unload' })
  })

  it.each(['soon', '5 minutes', '', '2000000', '400h'])('%j is refused by name', async (keep_alive) => {
    const { status, json } = await serve().client.post('/api/generate', { prompt: '', keep_alive })
    expect([status, json]).toMatchObject([400, { error: expect.stringContaining('keep_alive') as string }])
  })
})

it('a model says what it is and can', async () => {
  const details = { family: 'scripted', parameter_size: '1.0K', quantization_level: 'Q8_0' }
  const chat = serve().client
  expect((await chat.get('/api/tags')).json).toMatchObject({ models: [{ details }] })
  expect((await chat.post('/api/show', {})).json).toMatchObject({
    details,
    capabilities: ['completion', 'tools', 'embedding', 'insert'],
  })
  const encoder = serve('encoder').client
  expect((await encoder.post('/api/show', {})).json).toMatchObject({ capabilities: ['embedding'] })
})

import { describe, expect, it } from 'vitest'
import { httpClient } from '../../../test/support/http-client.ts'
import { scriptedModel, scriptedPool, words } from '../../../test/support/scripted-model.ts'
import type { ChatEvent, TapEvent } from '../../tools/chat-model.ts'
import { createApp } from '../app.ts'
import { bufferEvents, chatBuffering } from '../event-buffer.ts'

const seen: TapEvent = {
  type: 'tap',
  step: 'blk.0.attention',
  position: 3,
  shape: [2, 1, 2],
  data: Float32Array.of(0.25, 0.75, 1, -0),
}
const messages = [{ role: 'user', content: 'hi' }]
const tap = ['blk.0.attention']

function serve() {
  const model = scriptedModel({ answer: () => [seen, ...words('Hello')] })
  return { model, client: httpClient(createApp({ models: scriptedPool(model) })) }
}

function floatsOf(data: string): number[] {
  return [...new Float32Array(Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)).buffer)]
}

describe('the extension tap', () => {
  it('stands in chunks of its own, without choices', async () => {
    const { client, model } = serve()
    const { events } = await client.post('/v1/chat/completions', { messages, tap, stream: true })
    const told = events.filter((event): event is { tap: { data: string }; choices: unknown[] } => {
      return typeof event === 'object' && event !== null && 'tap' in event
    })
    expect(told).toMatchObject([
      { choices: [], tap: { choice: 0, step: 'blk.0.attention', position: 3, shape: [2, 1, 2], dtype: 'f32' } },
    ])
    expect(floatsOf(told[0].tap.data)).toEqual([...seen.data])
    expect(model.calls[0].options.tap).toEqual(tap)
  })

  it('comes beside a whole answer', async () => {
    const { client } = serve()
    const { json } = await client.post('/v1/chat/completions', { messages, tap })
    expect(json).toMatchObject({ taps: [{ step: 'blk.0.attention' }], choices: [{ message: { content: 'Hello' } }] })
    const plain = await client.post('/v1/chat/completions', { messages })
    expect(plain.json).not.toHaveProperty('taps')
  })

  it('is known to the other interface as well', async () => {
    const { client, model } = serve()
    const { json } = await client.post('/api/chat', { messages, tap, stream: false })
    expect(json).toMatchObject({ taps: [{ step: 'blk.0.attention' }], message: { content: 'Hello' } })
    expect(model.calls[0].options.tap).toEqual(tap)
  })

  it.each([[[]], ['blk.0.attention'], [[1]], [['']], [Array.from({ length: 17 }, () => 'x')]])(
    'refuses %j',
    async (given) => {
      const { client } = serve()
      const { status, json } = await client.post('/v1/chat/completions', { messages, tap: given })
      expect(status).toBe(400)
      expect(json).toMatchObject({ error: { param: expect.stringContaining('tap') } })
    },
  )

  it('loses pictures before text where the reader is slow, and says how many', async () => {
    async function* source(): AsyncGenerator<ChatEvent> {
      for (let position = 0; position < 6; position++) {
        yield { ...seen, position, data: new Float32Array(10) }
        yield { type: 'text-delta', text: String(position) }
      }
    }
    const buffered = bufferEvents(source(), { bytes: 200, ...chatBuffering })
    const first = await buffered.next()
    await new Promise((resolve) => setTimeout(resolve, 5))
    const events = [first.value as ChatEvent]
    for await (const event of buffered) events.push(event)
    const text = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('')
    expect(text).toBe('012345')
    const taps = events.filter((event) => event.type === 'tap')
    expect(taps.length).toBeLessThan(6)
    const positions = taps.map(({ position }) => position)
    expect(taps.map(({ skipped = 0 }) => skipped)).toEqual(
      positions.map((at, index) => at - (positions[index - 1] ?? -1) - 1),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endEvent, toolCallEvents, words } from '../../test/support/scripted-model.ts'
import type { ChatEvent } from '../tools/chat-model.ts'
import { bufferEvents, chatBuffering } from './event-buffer.ts'

const wide = { bytes: 2 ** 20, ...chatBuffering }
const turn = () => new Promise((resolve) => setImmediate(resolve))

async function* play(events: readonly ChatEvent[]): AsyncGenerator<ChatEvent> {
  yield* events
}

describe('events that wait', () => {
  it('are joined where they are of one kind, and only there', async () => {
    const source = [
      ...words('a', 'b'),
      { type: 'reasoning-delta', text: 'r' } as const,
      { type: 'reasoning-delta', text: 's' } as const,
      ...toolCallEvents(0, 'f', { x: 1 }),
      ...toolCallEvents(1, 'g', {}),
      ...words('c', 'd'),
      endEvent('stop', 3),
    ]
    const buffered = bufferEvents(play(source), wide)
    // The first is asked for, so the rest piles up behind it.
    const first = await buffered.next()
    await turn()
    const rest: ChatEvent[] = []
    for await (const event of buffered) rest.push(event)
    const all = [first.value as ChatEvent, ...rest]
    expect(all.map(({ type }) => type)).toEqual([
      'text-delta',
      ...(rest[0].type === 'text-delta' ? ['text-delta'] : []),
      'reasoning-delta',
      ...Array.from({ length: 2 }, () => ['tool-call-start', 'tool-call-delta', 'tool-call']).flat(),
      'text-delta',
      'end',
    ])
    expect(textOf(all)).toBe('abcd')
  })

  it('give the same text however slowly they are read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string(), { maxLength: 30 }), fc.array(fc.boolean()), async (texts, pauses) => {
        const source = [...words(...texts), endEvent('stop', texts.length)]
        const all: ChatEvent[] = []
        for await (const event of bufferEvents(play(source), wide)) {
          all.push(event)
          if (pauses[all.length]) await turn()
        }
        expect(textOf(all)).toBe(texts.join(''))
        expect(all.at(-1)?.type).toBe('end')
      }),
    )
  })

  it('that cannot be joined and are too many end the stream with an error', async () => {
    const logprobs = [{ token: 1, text: 'x', logprob: -1, top: [] }]
    const source = Array.from({ length: 100 }, (): ChatEvent => ({ type: 'text-delta', text: 'x', logprobs }))
    const buffered = bufferEvents(play(source), { ...wide, bytes: 2000 })
    const read = async () => {
      for await (const _ of buffered) await turn()
    }
    await expect(read()).rejects.toMatchObject({ code: 'client_too_slow' })
  })
})

describe('the source', () => {
  it('is ended when the reader leaves', async () => {
    let ended = false
    async function* source(): AsyncGenerator<ChatEvent> {
      try {
        while (true) {
          yield* words('x')
          await turn()
        }
      } finally {
        ended = true
      }
    }
    for await (const _ of bufferEvents(source(), wide)) break
    await expect.poll(() => ended).toBe(true)
  })

  it('tells its failure behind what it gave before', async () => {
    async function* source(): AsyncGenerator<ChatEvent> {
      yield* words('a')
      throw new Error('broken')
    }
    const buffered = bufferEvents(source(), wide)
    expect((await buffered.next()).value).toEqual(words('a')[0])
    await expect(buffered.next()).rejects.toThrow('broken')
  })
})

function textOf(events: readonly ChatEvent[]): string {
  return events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('')
}

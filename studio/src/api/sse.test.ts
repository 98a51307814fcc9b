import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ServerEvent, readEvents } from './sse.ts'

/** A body that arrives in these pieces. */
function bodyOf(...pieces: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
}

async function read(...pieces: Uint8Array[]): Promise<ServerEvent[]> {
  const events: ServerEvent[] = []
  for await (const event of readEvents(bodyOf(...pieces))) events.push(event)
  return events
}

const bytes = (text: string) => new TextEncoder().encode(text)
const message = (data: string) => ({ event: 'message', data, id: undefined })

describe('readEvents', () => {
  it('reads data, names, ids and comments', async () => {
    const events = await read(bytes(': hello\n\nevent: error\nid: 7\ndata: {"a":1}\n\ndata: b\n\n'))
    expect(events).toEqual([
      { event: 'error', data: '{"a":1}', id: '7' },
      { event: 'message', data: 'b', id: '7' },
    ])
  })

  it('joins several data lines and takes away one space only', async () => {
    expect(await read(bytes('data:  a\ndata:b\ndata\n\n'))).toEqual([message(' a\nb\n')])
  })

  it.each(['\n', '\r\n', '\r'])('takes %j as the end of a line', async (ending) => {
    expect(await read(bytes(['data: a', 'data: b', '', ''].join(ending)))).toEqual([message('a\nb')])
  })

  it('drops an event that the stream breaks off', async () => {
    expect(await read(bytes('data: whole\n\ndata: half'))).toEqual([message('whole')])
  })

  it('gives the same events wherever the bytes are cut', async () => {
    const whole = bytes(': ping\r\ndata: {"text":"größe 😀"}\r\n\r\nevent: x\ndata: b\rdata: c\r\r')
    const expected = await read(whole)
    const cutList = fc.array(fc.nat(whole.length), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(cutList, async (cuts) => {
        const borders = [0, ...cuts.toSorted((a, b) => a - b), whole.length]
        const pieces = borders.slice(1).map((end, index) => whole.slice(borders[index], end))
        expect(await read(...pieces)).toEqual(expected)
      }),
    )
  })

  it('cancels the body when the reader leaves early', async () => {
    let cancelled = false
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes('data: a\n\n')),
      cancel: () => {
        cancelled = true
      },
    })
    for await (const _event of readEvents(body)) break
    expect(cancelled).toBe(true)
  })
})

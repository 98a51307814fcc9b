import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Frame, streamResponse, type StreamOptions } from './stream-response.ts'

function options(more: Partial<StreamOptions> = {}) {
  return {
    format: 'sse' as const,
    keepAliveMs: 1000,
    bufferBytes: 1000,
    stallMs: 5000,
    failureFrames: (error: unknown) => [{ event: 'error', data: String(error) }],
    onLeave: vi.fn(),
    onDone: vi.fn(),
    ...more,
  }
}

async function* framesOf(...frames: Frame[]): AsyncGenerator<Frame> {
  yield* frames
}

describe('what is written', () => {
  it('is events, with names where they have one', async () => {
    const response = streamResponse(framesOf({ data: { a: 1 } }, { event: 'x', data: 'text' }), options())
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(await response.text()).toBe('data: {"a":1}\n\nevent: x\ndata: text\n\n')
  })

  it('is one value per line for those who want that', async () => {
    const response = streamResponse(framesOf({ data: { a: 'x\ny' } }, { data: 2 }), options({ format: 'ndjson' }))
    expect(await response.text()).toBe('{"a":"x\\ny"}\n2\n')
  })

  it('ends with the failure where the frames fail', async () => {
    const given = options()
    async function* failing(): AsyncGenerator<Frame> {
      yield { data: 1 }
      throw new Error('broken')
    }
    const response = streamResponse(failing(), given)
    expect(await response.text()).toBe('data: 1\n\nevent: error\ndata: Error: broken\n\n')
    expect(given.onDone).toHaveBeenCalledOnce()
    expect(given.onLeave).not.toHaveBeenCalled()
  })
})

describe('a slow reader', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** Frames without end, and how many were asked for. */
  function endless() {
    const state = { asked: 0, ended: false }
    async function* frames(): AsyncGenerator<Frame> {
      try {
        while (true) {
          state.asked++
          yield { data: 'x'.repeat(100) }
        }
      } finally {
        state.ended = true
      }
    }
    return { state, frames: frames() }
  }

  it('holds up the frames when the buffer is full, and no more than that waits', async () => {
    const { state, frames } = endless()
    const response = streamResponse(frames, options())
    await vi.advanceTimersByTimeAsync(100)
    expect(state.asked * 108).toBeGreaterThanOrEqual(1000)
    expect(state.asked * 108).toBeLessThan(1000 + 2 * 108)
    const reader = response.body?.getReader()
    await reader?.read()
    await vi.advanceTimersByTimeAsync(0)
    expect(state.asked * 108).toBeLessThan(1000 + 3 * 108)
    await reader?.cancel()
  })

  it('is left when it takes nothing for too long, and only then', async () => {
    const { state, frames } = endless()
    const given = options()
    const response = streamResponse(frames, given)
    const reader = response.body?.getReader()
    for (let turn = 0; turn < 5; turn++) {
      await vi.advanceTimersByTimeAsync(4000)
      await reader?.read()
    }
    expect(given.onLeave).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(5001)
    expect(given.onLeave).toHaveBeenCalledExactlyOnceWith('stalled')
    expect(given.onDone).toHaveBeenCalledOnce()
    expect(state.ended).toBe(true)
    await expect(reader?.read()).rejects.toThrow('took nothing')
  })

  it('that leaves ends the frames', async () => {
    const { state, frames } = endless()
    const given = options()
    const reader = streamResponse(frames, given).body?.getReader()
    await reader?.read()
    await reader?.cancel()
    await vi.advanceTimersByTimeAsync(0)
    expect(given.onLeave).toHaveBeenCalledExactlyOnceWith('left')
    expect(given.onDone).toHaveBeenCalledOnce()
    expect(state.ended).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('hears a comment in the silence, at most one per interval', async () => {
    const given = options()
    async function* late(): AsyncGenerator<Frame> {
      await new Promise((resolve) => setTimeout(resolve, 3500))
      yield { data: 1 }
    }
    const text = streamResponse(late(), given).text()
    await vi.advanceTimersByTimeAsync(3600)
    expect(await text).toBe(': keep-alive\n\n'.repeat(3) + 'data: 1\n\n')
    expect(vi.getTimerCount()).toBe(0)
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { scriptedModel } from '../../test/support/scripted-model.ts'
import { createModelPool, type ModelPoolOptions } from './model-pool.ts'
import type { ServedModel } from './served-model.ts'

const never = new AbortController().signal

/** Models of 4,000 bytes each. */
function pool(options: Partial<ModelPoolOptions> = {}) {
  const events: string[] = []
  const entries = ['a', 'b', 'c'].map((id) => ({
    id,
    aliases: id === 'a' ? ['default'] : [],
    sizeBytes: 4000,
    created: 0,
    licence: undefined,
  }))
  const made = createModelPool({
    entries: async () => entries,
    load: async (id): Promise<ServedModel> => {
      events.push(`load ${id}`)
      await Promise.resolve()
      return { ...scriptedModel({ name: id }), dispose: async () => void events.push(`dispose ${id}`) }
    },
    defaultModel: 'a',
    ...options,
  })
  return { ...made, events }
}

describe('the model of a name', () => {
  it('is loaded once, whoever asks, and found by its aliases', async () => {
    const { acquire, events, list } = pool()
    const leases = await Promise.all([acquire('a', never), acquire(undefined, never), acquire('default', never)])
    expect(new Set(leases.map(({ model }) => model)).size).toBe(1)
    expect(leases.map(({ id }) => id)).toEqual(['a', 'a', 'a'])
    expect(events).toEqual(['load a'])
    expect((await list()).map(({ loaded }) => loaded)).toEqual([true, false, false])
  })

  it('is an encoder for vectors where the request names none and there is one', async () => {
    const { acquire, events } = pool({
      entries: async () =>
        (['chat', 'encoder', 'encoder'] as const).map((kind, index) => {
          return { id: `m${index}`, aliases: [], sizeBytes: 1, created: 0, licence: undefined, kind }
        }),
      defaultModel: 'm0',
      defaultEncoder: 'm2',
    })
    expect((await acquire(undefined, never, 'vectors')).id).toBe('m2')
    expect((await acquire('m1', never, 'vectors')).id).toBe('m1')
    expect((await acquire(undefined, never)).id).toBe('m0')
    expect(events).toEqual(['load m2', 'load m1', 'load m0'])
    const plain = pool()
    expect((await plain.acquire(undefined, never, 'vectors')).id).toBe('a')
  })

  it('that is not there is 404 with those that are', async () => {
    const { acquire } = pool()
    await expect(acquire('gpt-4', never)).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      message: expect.stringContaining('a, b, c') as string,
    })
  })

  it('goes on loading for the others when one gives up', async () => {
    const { acquire } = pool()
    const giveUp = new AbortController()
    const given = acquire('a', giveUp.signal)
    const kept = acquire('a', never)
    giveUp.abort(new Error('left'))
    await expect(given).rejects.toThrow('left')
    expect((await kept).id).toBe('a')
  })

  it('is tried again after a load that failed', async () => {
    const load = vi.fn<ModelPoolOptions['load']>(async () => scriptedModel())
    load.mockRejectedValueOnce(new Error('no disk'))
    const { acquire } = pool({ load })
    await expect(acquire('a', never)).rejects.toThrow('no disk')
    expect((await acquire('a', never)).id).toBe('a')
  })

  it('is loaded anew when its engine has failed', async () => {
    const { acquire, discard, events } = pool()
    const lease = await acquire('a', never)
    discard(lease.model)
    lease.release()
    await acquire('a', never)
    expect(events).toEqual(['load a', 'dispose a', 'load a'])
  })
})

describe('room', () => {
  it('is made by unloading what was used least recently and is idle', async () => {
    const { acquire, events } = pool({ memoryBytes: 8000 })
    const a = await acquire('a', never)
    const b = await acquire('b', never)
    b.release()
    a.release()
    ;(await acquire('a', never)).release()
    await acquire('c', never)
    expect(events).toEqual(['load a', 'load b', 'dispose b', 'load c'])
  })

  it('is refused while all models are in use, and there again afterwards', async () => {
    const { acquire, events } = pool({ memoryBytes: 8000 })
    const a = await acquire('a', never)
    await acquire('b', never)
    await expect(acquire('c', never)).rejects.toMatchObject({ status: 503, retryAfterSeconds: 5 })
    a.release()
    a.release()
    await acquire('c', never)
    expect(events).toEqual(['load a', 'load b', 'dispose a', 'load c'])
  })

  it('is given to one model that is larger than all of it', async () => {
    const { acquire } = pool({ memoryBytes: 100 })
    expect((await acquire('a', never)).id).toBe('a')
  })
})

describe('idle models', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('stay as long as a request says, the default one as well', async () => {
    const { acquire, events, list } = pool({ idleMs: 1000 })
    const a = await acquire('a', never)
    const b = await acquire('b', never)
    a.keepFor(0)
    b.keepFor(Infinity)
    a.release()
    b.release()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(events).toEqual(['load a', 'load b', 'dispose a'])
    const again = await acquire('b', never)
    again.keepFor(5000)
    expect((await list())[1].expiresAtMs).toBeUndefined()
    again.release()
    expect((await list())[1].expiresAtMs).toBe(Date.now() + 5000)
    await vi.advanceTimersByTimeAsync(5000)
    expect(events).toContain('dispose b')
  })

  it('are unloaded after a while, but for the default one', async () => {
    const { acquire, events } = pool({ idleMs: 1000 })
    const a = await acquire('a', never)
    const b = await acquire('b', never)
    a.release()
    b.release()
    await vi.advanceTimersByTimeAsync(900)
    const again = await acquire('b', never)
    await vi.advanceTimersByTimeAsync(2000)
    expect(events).not.toContain('dispose b')
    again.release()
    await vi.advanceTimersByTimeAsync(1000)
    expect(events).toEqual(['load a', 'load b', 'dispose b'])
  })

  it('are all unloaded at the end, and no timer is left', async () => {
    const { acquire, close, events } = pool()
    ;(await acquire('b', never)).release()
    await close()
    expect(events).toEqual(['load b', 'dispose b'])
    expect(vi.getTimerCount()).toBe(0)
  })
})

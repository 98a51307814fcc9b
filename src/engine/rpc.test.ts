import { describe, expect, it } from 'vitest'
import { OstroError } from '../util/error.ts'
import type { FromWorker, ToWorker, WorkerPort } from './protocol.ts'
import { createEngineClient } from './rpc-client.ts'
import { type EngineHandlers, serveEngine } from './rpc-server.ts'

/** Both ends in one thread; messages are cloned and arrive later, as between threads. */
function connect(handlers: Partial<EngineHandlers>) {
  let toClient = (_: FromWorker): void => {}
  let toServer = (_: ToWorker): void => {}
  let die = (_: string): void => {}
  const keptAlive: boolean[] = []
  const later = <T>(deliver: () => (message: T) => void, message: T): void => {
    const copy = structuredClone(message)
    setTimeout(() => deliver()(copy), 0)
  }
  serveEngine(
    {
      post: (message) => later(() => toClient, message),
      onMessage: (handle) => {
        toServer = handle
      },
    },
    handlers as EngineHandlers,
  )
  const port: WorkerPort = {
    post: (message) => later(() => toServer, message),
    onMessage: (handle) => {
      toClient = handle
    },
    onDeath: (handle) => {
      die = handle
    },
    terminate: async () => {},
    keepAlive: (wanted) => keptAlive.push(wanted),
  }
  return { client: createEngineClient(port), die: (reason: string) => die(reason), keptAlive }
}

const params = { text: 'x', addSpecial: true, parseSpecial: false }
const prompt = { prompt: { kind: 'text', text: 'x' }, options: {} } as const

describe('calls', () => {
  it('answers, and keeps the process alive only meanwhile', async () => {
    const { client, keptAlive } = connect({ tokenize: async ({ text }) => [text.length] })
    expect(await Promise.all([client.call('tokenize', params), client.call('tokenize', params)])).toEqual([[1], [1]])
    expect(keptAlive).toEqual([true, false])
  })

  it('answers that come after the end leave the process to whoever waits for the end', async () => {
    const { client, keptAlive } = connect({ tokenize: async ({ text }) => [text.length] })
    const late = client.call('tokenize', params).catch(({ code }: OstroError) => code)
    await client.close()
    expect(await late).toBe('disposed')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(keptAlive).toEqual([true])
  })

  it('restores an OstroError with code and fields, and others as plain errors', async () => {
    const { client } = connect({
      tokenize: async () => {
        throw new OstroError('context-overflow', 'too long', { promptTokens: 5, odd: () => 1 })
      },
      detokenize: async () => {
        throw new TypeError('a defect')
      },
    })
    const refused = await client.call('tokenize', params).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(OstroError)
    expect(refused).toMatchObject({ code: 'context-overflow', message: 'too long', fields: { promptTokens: 5 } })
    await expect(client.call('detokenize', { tokens: [], special: false })).rejects.toThrow('a defect')
  })

  it('refuses what cannot be sent', async () => {
    const { client } = connect({})
    const bad = { ...params, text: (() => 1) as unknown as string }
    await expect(client.call('tokenize', bad)).rejects.toMatchObject({ code: 'invalid-argument' })
  })

  it('fails pending and later calls when the worker dies, and after close', async () => {
    const { client, die } = connect({ tokenize: () => new Promise(() => {}) })
    const pending = client.call('tokenize', params)
    die('exit code 7')
    await expect(pending).rejects.toMatchObject({ code: 'device', fields: { reason: 'exit code 7' } })
    await expect(client.call('tokenize', params)).rejects.toMatchObject({ code: 'device' })

    const other = connect({ tokenize: () => new Promise(() => {}) })
    const waiting = other.client.call('tokenize', params)
    waiting.catch(() => undefined)
    await other.client.close()
    await expect(waiting).rejects.toMatchObject({ code: 'disposed' })
    await expect(other.client.call('tokenize', params)).rejects.toMatchObject({ code: 'disposed' })
  })
})

describe('streams', () => {
  const endEvent = {
    type: 'end',
    reason: 'stop',
    usage: { promptTokens: 1, cachedTokens: 0, generatedTokens: 1 },
    timings: { waitMs: 0, prefillMs: 0, decodeMs: 0 },
    seed: 0,
  } as const

  it('yields the events in order and ends with the call', async () => {
    const { client } = connect({
      generate: async (_, { emit }) => {
        emit({ type: 'text-delta', text: 'a' })
        emit({ type: 'text-delta', text: 'b' })
        await new Promise((resolve) => setTimeout(resolve, 5))
        emit(endEvent)
        return undefined
      },
    })
    const events = []
    for await (const event of client.stream('generate', prompt)) events.push(event)
    expect(events).toEqual([{ type: 'text-delta', text: 'a' }, { type: 'text-delta', text: 'b' }, endEvent])
  })

  it('cancels the call when the loop is left, and waits until it has ended', async () => {
    let ended = false
    const { client } = connect({
      generate: async (_, { emit, signal }) => {
        while (!signal.aborted) {
          emit({ type: 'text-delta', text: 'a' })
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
        ended = true
        return undefined
      },
    })
    for await (const event of client.stream('generate', prompt)) if (event.type === 'text-delta') break
    expect(ended).toBe(true)
  })

  it('tells the worker of a signal that had fired before', async () => {
    const { client } = connect({
      generate: async (_, { emit, signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        emit({ ...endEvent, reason: 'aborted' })
        return undefined
      },
    })
    const events = []
    for await (const event of client.stream('generate', prompt, AbortSignal.abort())) events.push(event)
    expect(events).toEqual([{ ...endEvent, reason: 'aborted' }])
  })

  it('throws what the call throws, after the events before it', async () => {
    const { client } = connect({
      generate: async (_, { emit }) => {
        emit({ type: 'text-delta', text: 'a' })
        throw new OstroError('device', 'broken')
      },
    })
    const events: unknown[] = []
    const read = async (): Promise<void> => {
      for await (const event of client.stream('generate', prompt)) events.push(event)
    }
    await expect(read()).rejects.toMatchObject({ code: 'device' })
    expect(events).toHaveLength(1)
  })
})

/** The caller's end: turns method calls into messages, and messages into promises, streams and errors. */
import { OstroError } from '../util/error.ts'
import type { EngineMethods, FromWorker, MethodName, WorkerPort } from './protocol.ts'
import { restoreError } from './sent-error.ts'

export interface CallOptions<M extends MethodName> {
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: EngineMethods[M]['event']) => void) | undefined
}

export interface EngineClient {
  readonly call: <M extends MethodName>(
    method: M,
    params: EngineMethods[M]['params'],
    options?: CallOptions<M>,
  ) => Promise<EngineMethods[M]['result']>
  /** The events of a call as they come; leaving the loop early cancels the call. */
  readonly stream: <M extends MethodName>(
    method: M,
    params: EngineMethods[M]['params'],
    signal?: AbortSignal,
  ) => AsyncGenerator<EngineMethods[M]['event']>
  /** Ends the worker; pending and later calls fail with `disposed`. */
  readonly close: () => Promise<void>
}

interface PendingCall {
  readonly onEvent: (event: unknown) => void
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export function createEngineClient(port: WorkerPort): EngineClient {
  const pending = new Map<number, PendingCall>()
  let nextId = 1
  /** Set once the worker is gone: every call fails with it. */
  let gone: (() => OstroError) | undefined

  const fail = (makeError: () => OstroError): void => {
    gone ??= makeError
    const calls = [...pending.values()]
    pending.clear()
    for (const call of calls) call.reject(gone())
  }
  const settle = (id: number): PendingCall | undefined => {
    const call = pending.get(id)
    // An answer that comes after the end is nobody's; a process that lets go then would not live to see the worker end.
    if (pending.delete(id) && pending.size === 0) port.keepAlive(false)
    return call
  }

  port.onDeath((reason) => {
    fail(() => new OstroError('device', `engine: the worker died (${reason}). Load the model again.`, { reason }))
  })
  port.onMessage((message: FromWorker) => {
    switch (message.type) {
      case 'events': {
        const call = pending.get(message.id)
        if (call !== undefined) for (const event of message.events) call.onEvent(event)
        return
      }
      case 'result':
        return settle(message.id)?.resolve(message.value)
      case 'error':
        return settle(message.id)?.reject(restoreError(message.error))
      default:
        message satisfies never
    }
  })

  const call: EngineClient['call'] = async (method, params, options = {}) => {
    if (gone !== undefined) throw gone()
    const { signal } = options
    if (signal?.aborted) throw new OstroError('aborted', `${method}: the signal had fired before the call.`)
    const id = nextId++
    const cancel = (): void => {
      if (pending.has(id)) port.post({ type: 'cancel', id })
    }
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      return await new Promise((resolve, reject) => {
        if (pending.size === 0) port.keepAlive(true)
        pending.set(id, {
          onEvent: (event) => options.onEvent?.(event as EngineMethods[typeof method]['event']),
          resolve: resolve as (value: unknown) => void,
          reject,
        })
        try {
          port.post({ type: 'call', id, method, params })
        } catch (error) {
          // What can't be cloned is a mistake of the caller, such as a function among the template variables.
          settle(id)?.reject(
            new OstroError(
              'invalid-argument',
              `${method}: the arguments can't be sent to the engine: ${String(error)}.`,
            ),
          )
        }
      })
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  return {
    call,
    stream: (method, params, signal) => streamEvents(call, method, params, signal),
    close: async () => {
      fail(() => new OstroError('disposed', 'model: it was disposed of before. Load it again.'))
      await port.terminate()
    },
  }
}

async function* streamEvents<M extends MethodName>(
  call: EngineClient['call'],
  method: M,
  params: EngineMethods[M]['params'],
  signal: AbortSignal | undefined,
): AsyncGenerator<EngineMethods[M]['event']> {
  const leaving = new AbortController()
  const queue: EngineMethods[M]['event'][] = []
  let wake = (): void => {}
  let outcome: { readonly error?: unknown } | undefined
  const forwardAbort = (): void => leaving.abort()
  signal?.addEventListener('abort', forwardAbort, { once: true })
  const finished = call(method, params, {
    signal: leaving.signal,
    onEvent: (event) => {
      queue.push(event)
      wake()
    },
  }).then(
    () => {
      outcome = {}
      wake()
    },
    (error: unknown) => {
      outcome = { error }
      wake()
    },
  )
  // A signal that had fired before still gets its `end` event, as one that fires a moment later does.
  if (signal?.aborted) leaving.abort()
  try {
    while (true) {
      while (queue.length > 0) yield queue.shift() as EngineMethods[M]['event']
      if (outcome !== undefined) break
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    if (outcome.error !== undefined) throw outcome.error
  } finally {
    signal?.removeEventListener('abort', forwardAbort)
    leaving.abort()
    // The worker must be free again before the loop is left, or the next call would wait for this one without a reason seen.
    await finished
  }
}

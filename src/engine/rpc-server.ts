/** The worker's end: runs the methods, one controller per call, and sends events in batches. */
import type { EngineMethods, FromWorker, MethodName, Port, ToWorker } from './protocol.ts'
import { sendableError } from './sent-error.ts'

export interface CallContext<E> {
  readonly signal: AbortSignal
  readonly emit: (event: E) => void
  /** Buffers of the result that move to the caller instead of being copied. */
  readonly transfer: ArrayBuffer[]
}

export type EngineHandlers = {
  readonly [M in MethodName]: (
    params: EngineMethods[M]['params'],
    context: CallContext<EngineMethods[M]['event']>,
  ) => Promise<EngineMethods[M]['result']>
}

export function serveEngine(port: Port<FromWorker, ToWorker>, handlers: EngineHandlers): void {
  const running = new Map<number, AbortController>()

  port.onMessage((message) => {
    switch (message.type) {
      case 'call':
        void answer(message.id, message.method, message.params)
        return
      case 'cancel':
        running.get(message.id)?.abort()
        return
      default:
        message satisfies never
    }
  })

  const answer = async (id: number, method: MethodName, params: unknown): Promise<void> => {
    const controller = new AbortController()
    running.set(id, controller)
    let batch: unknown[] = []
    const flush = (): void => {
      if (batch.length === 0) return
      const events = batch
      batch = []
      port.post({ type: 'events', id, events })
    }
    const emit = (event: unknown): void => {
      batch.push(event)
      // Events of one stretch of work leave together, once the worker comes up for air.
      if (batch.length === 1) queueMicrotask(flush)
    }
    const transfer: ArrayBuffer[] = []
    try {
      const handler = handlers[method] as (params: unknown, context: CallContext<unknown>) => Promise<unknown>
      const value = await handler(params, { signal: controller.signal, emit, transfer })
      flush()
      port.post({ type: 'result', id, value }, transfer)
    } catch (error) {
      flush()
      port.post({ type: 'error', id, error: sendableError(error) })
    } finally {
      running.delete(id)
    }
  }
}

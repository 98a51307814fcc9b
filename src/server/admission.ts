/** Who may compute now: a limit on requests at work, and a bounded queue before it that serves callers in turn. */
import { ApiError } from './api-error.ts'

export interface AdmissionLimits {
  /** Requests that compute at once. */
  readonly concurrency: number
  /** Requests that wait, of all callers together. */
  readonly queued: number
  /** Requests that wait, of one caller. */
  readonly queuedPerCaller: number
}

export interface Admission {
  /**
   * Waits for a place; the function that comes back gives it up (once, however often it is called).
   * @throws ApiError 429 where the caller's queue is full, 503 where everybody's is; the signal's reason when it fires
   */
  readonly enter: (caller: string, signal: AbortSignal) => Promise<() => void>
  /**
   * Refuses before anything is read of a request that would be refused anyway.
   * @throws ApiError as `enter`
   */
  readonly refuseWhereFull: (caller: string) => void
  readonly state: () => { readonly active: number; readonly waiting: number }
}

interface Waiting {
  readonly start: () => void
}

export function createAdmission(limits: AdmissionLimits): Admission {
  /** Callers who wait, the next one to be served first. A caller served goes to the end. */
  const queues = new Map<string, Waiting[]>()
  let active = 0
  let waiting = 0

  const startNext = (): void => {
    if (active >= limits.concurrency) return
    const [entry] = queues
    if (entry === undefined) return
    const [caller, queue] = entry
    const next = queue.shift()
    queues.delete(caller)
    if (queue.length > 0) queues.set(caller, queue)
    waiting--
    active++
    next?.start()
  }
  const leave = (): (() => void) => {
    let left = false
    return () => {
      if (left) return
      left = true
      active--
      startNext()
    }
  }

  const mustWait = (): boolean => active >= limits.concurrency || waiting > 0
  const refuseWhereFull: Admission['refuseWhereFull'] = (caller) => {
    if (mustWait()) checkQueues(limits, waiting, queues.get(caller)?.length ?? 0)
  }

  const enter: Admission['enter'] = async (caller, signal) => {
    signal.throwIfAborted()
    if (!mustWait()) {
      active++
      return leave()
    }
    refuseWhereFull(caller)
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        start: () => {
          signal.removeEventListener('abort', giveUp)
          resolve(leave())
        },
      }
      const giveUp = (): void => {
        const queue = queues.get(caller)
        queue?.splice(queue.indexOf(entry), 1)
        if (queue?.length === 0) queues.delete(caller)
        waiting--
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      const queue = queues.get(caller)
      if (queue === undefined) queues.set(caller, [entry])
      else queue.push(entry)
      waiting++
    })
  }

  return { enter, refuseWhereFull, state: () => ({ active, waiting }) }
}

function checkQueues(limits: AdmissionLimits, waiting: number, ofCaller: number): void {
  const retryAfterSeconds = 1 + Math.ceil(waiting / limits.concurrency)
  if (ofCaller >= limits.queuedPerCaller) {
    throw new ApiError(
      429,
      `${ofCaller} of your requests are waiting already, the most that one caller may have. Try again in ${retryAfterSeconds} s.`,
      { code: 'rate_limit_exceeded', retryAfterSeconds },
    )
  }
  if (waiting >= limits.queued) {
    throw new ApiError(
      503,
      `The server is busy: ${waiting} requests are waiting. Try again in ${retryAfterSeconds} s.`,
      { code: 'server_busy', retryAfterSeconds },
    )
  }
}

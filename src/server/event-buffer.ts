/**
 * Takes events from the engine as fast as they come, since it cannot be told to wait, and keeps them for a reader who may be
 * slower. Neighbouring pieces of text become one piece while they wait, so that a whole answer takes little more than its text.
 */
import type { ChatEvent } from '../tools/chat-model.ts'
import { ApiError } from './api-error.ts'

/** What the buffer has to know of its events. */
export interface Buffering<E> {
  /** Roughly what an event takes in memory; additive over joined texts. */
  readonly sizeOf: (event: E) => number
  /** Two of those that wait, not always neighbours, as one event; undefined where that would lose something. */
  readonly join: (earlier: E, later: E) => E | undefined
  /** Whether a later event may be joined with what waits before this one: the order of the two says nothing. */
  readonly mayOvertake?: (later: E, waiting: E) => boolean
  /** The event as it is told after that many like it were lost; undefined for those that may not be lost. */
  readonly afterLost?: (event: E, lost: number) => E | undefined
}

export interface EventBufferOptions<E> extends Buffering<E> {
  /** Estimated bytes that may wait. */
  readonly bytes: number
}

/**
 * @throws ApiError `client_too_slow` (in the stream) where what waits cannot be joined and grows beyond the limit: log-probabilities
 */
export async function* bufferEvents<E>(source: AsyncIterable<E>, options: EventBufferOptions<E>): AsyncGenerator<E> {
  const { sizeOf, join, mayOvertake = () => false, afterLost = () => undefined } = options
  const iterator = source[Symbol.asyncIterator]()
  const waiting: E[] = []
  let bytes = 0
  let wake = (): void => {}
  let outcome: { readonly error?: unknown } | undefined

  let lost = 0
  const joined = (event: E): boolean => {
    for (let at = waiting.length - 1; at >= 0; at--) {
      const one = join(waiting[at], event)
      if (one !== undefined) {
        waiting[at] = one
        return true
      }
      if (!mayOvertake(event, waiting[at])) return false
    }
    return false
  }
  const take = (taken: E): void => {
    const event = afterLost(taken, lost) ?? taken
    if (afterLost(taken, lost) !== undefined) {
      if (bytes + sizeOf(event) > options.bytes / 2) {
        lost++
        return
      }
      lost = 0
    }
    bytes += sizeOf(event)
    if (!joined(event)) waiting.push(event)
    if (bytes > options.bytes) {
      throw new ApiError(499, 'The client reads more slowly than the model writes. Ask for fewer log-probabilities.', {
        code: 'client_too_slow',
      })
    }
  }
  const drain = async (): Promise<void> => {
    try {
      for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) {
        take(step.value)
        wake()
      }
      outcome = {}
    } catch (error) {
      outcome = { error }
    }
    wake()
  }

  void drain()
  try {
    while (true) {
      while (waiting.length > 0) {
        const event = waiting.shift() as E
        bytes -= sizeOf(event)
        yield event
      }
      if (outcome !== undefined) break
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    if (outcome.error !== undefined) throw outcome.error
  } finally {
    // Not waited for: a source that is at work ends with its next event, and the request's signal tells the engine to stop. Only a source that
    // was left before its end has anything to do here, and whoever left it hears no more of it.
    iterator.return?.().catch(() => {})
  }
}

/** Of one answer: pictures of a run may be lost, its text may not. */
export const chatBuffering: Buffering<ChatEvent> = {
  sizeOf,
  join: joinEvents,
  afterLost: (event, lost) => {
    if (event.type !== 'tap') return undefined
    return lost === 0 ? event : { ...event, skipped: lost }
  },
}

export function joinEvents(first: ChatEvent, second: ChatEvent): ChatEvent | undefined {
  if (first.type === 'text-delta' && second.type === 'text-delta') {
    if (first.logprobs !== undefined || second.logprobs !== undefined) return undefined
    return { type: 'text-delta', text: first.text + second.text }
  }
  if (first.type === 'reasoning-delta' && second.type === 'reasoning-delta') {
    return { type: 'reasoning-delta', text: first.text + second.text }
  }
  if (first.type === 'tool-call-delta' && second.type === 'tool-call-delta' && first.index === second.index) {
    return { ...first, arguments: first.arguments + second.arguments }
  }
  return first.type === 'prefill-progress' && second.type === 'prefill-progress' ? second : undefined
}

const logprobBytes = 100

export function sizeOf(event: ChatEvent): number {
  switch (event.type) {
    case 'text-delta': {
      const entries = (event.logprobs ?? []).reduce((total, { top }) => total + 1 + top.length, 0)
      return 2 * event.text.length + entries * logprobBytes
    }
    case 'reasoning-delta':
      return 2 * event.text.length
    case 'tool-call-delta':
    case 'tool-call':
      return 2 * event.arguments.length
    case 'tap':
      return event.data.byteLength
    case 'prefill-progress':
    case 'tool-call-start':
    case 'end':
      return 0
    default:
      return event satisfies never
  }
}

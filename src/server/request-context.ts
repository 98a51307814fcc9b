/**
 * One request from its arrival to the last byte of its answer: its signal, the model that it uses, and the place that it holds.
 * Whatever it has taken is given back when the answer has ended, however it ended.
 */
import type { ChatEvent } from '../tools/chat-model.ts'
import { OstroError } from '../util/error.ts'
import { ApiError, asApiError, errorBody } from './api-error.ts'
import type { Endpoint } from './endpoint.ts'
import { bufferEvents, chatBuffering } from './event-buffer.ts'
import type { ModelLease, ModelPurpose, ServedModel } from './served-model.ts'
import type { ServerParts } from './server-parts.ts'
import { startedEvents } from './started-events.ts'
import { type Frame, type StreamFormat, streamResponse } from './stream-response.ts'

/** Who asks: an API key's id, or `anonymous` where none is needed. */
export interface Caller {
  readonly id: string
}

/** A model held for the rest of the request. */
export interface ModelUse extends Pick<ModelLease, 'id' | 'model' | 'keepFor'> {
  /** To be spread into the options of every call: the request's signal, and the caller's share of the prefix cache. */
  readonly options: { readonly signal: AbortSignal; readonly cacheKey: string }
}

export interface RequestContext {
  readonly request: Request
  /** Values of the path's `:names`. */
  readonly params: Readonly<Record<string, string>>
  /** `req_…`, also in the header `x-request-id`. */
  readonly requestId: string
  readonly caller: Caller
  /** Fires when the client has left, the deadline has passed, or the answer has ended. */
  readonly signal: AbortSignal
  /** Until the deadline. */
  readonly timeLeftMs: () => number
  readonly server: ServerParts
  /**
   * Waits for a place among the requests that compute, then for the model (undefined: the default one for the purpose). A request has
   * one place, however many models it uses.
   * @throws ApiError 404, 429, 503
   */
  readonly useModel: (name: string | undefined, purpose?: ModelPurpose) => Promise<ModelUse>
  /**
   * Waits until the answer has begun, so that what is wrong with the request is still a status and not an event, and counts
   * what it costs. The events that come back never end as `aborted`: they throw the reason.
   */
  readonly begin: (use: ModelUse, events: AsyncIterable<ChatEvent>) => Promise<AsyncIterable<ChatEvent>>
  /** The answer as a stream. `failureOf` writes the last frame of one that fails; by default it is the family's error. */
  readonly stream: (
    frames: AsyncIterable<Frame>,
    format?: StreamFormat,
    failureOf?: (error: ApiError) => Frame,
  ) => Response
}

export interface OpenRequest {
  readonly context: RequestContext
  /** Ends the request unless its answer is a stream, which ends it by itself. */
  readonly settle: (response: Response) => Response
  readonly fail: (error: unknown) => ApiError
}

export function openRequest(
  server: ServerParts,
  endpoint: Endpoint,
  from: Pick<RequestContext, 'request' | 'params' | 'requestId' | 'caller'>,
): OpenRequest {
  const { limits, metrics } = server
  const controller = new AbortController()
  const { signal } = controller
  const releases: (() => void)[] = []
  const using = new Set<ServedModel>()
  let place: Promise<unknown> | undefined
  const started = performance.now()
  let streaming = false
  let status = 200

  const clientLeft = (): void => controller.abort(new ApiError(499, 'The client left.', { code: 'client_left' }))
  from.request.signal.addEventListener('abort', clientLeft, { once: true })
  if (from.request.signal.aborted) clientLeft()
  const deadline = setTimeout(() => {
    const message = `The answer took longer than ${limits.deadlineMs / 1000} s, the most that this server gives to a request.`
    controller.abort(new ApiError(504, message, { code: 'deadline_exceeded', shouldRetry: false }))
  }, limits.deadlineMs)

  const end = (): void => {
    clearTimeout(deadline)
    from.request.signal.removeEventListener('abort', clientLeft)
    controller.abort(new ApiError(499, 'The answer has ended.', { code: 'ended' }))
    for (const release of releases.splice(0)) release()
    metrics.requestEnded(endpoint, status, performance.now() - started)
  }
  /** An engine that has failed is not asked again: the next request loads the model anew. */
  const noteFailure = (error: unknown): void => {
    if (!(error instanceof OstroError) || (error.code !== 'device' && error.code !== 'disposed')) return
    for (const model of using) server.models.discard(model)
  }
  const told = (error: unknown): ApiError => {
    noteFailure(error)
    const answer =
      signal.aborted && signal.reason instanceof ApiError ? signal.reason : asApiError(error, endpoint.promptField)
    status = answer.status
    if (answer.status >= 500) server.log({ level: 'error', message: answer.message, requestId: from.requestId, error })
    return answer
  }

  const context: RequestContext = {
    ...from,
    signal,
    timeLeftMs: () => limits.deadlineMs - (performance.now() - started),
    server,
    useModel: async (name, purpose) => {
      place ??= server.admission.enter(from.caller.id, signal).then((leave) => releases.push(leave))
      await place
      const lease = await server.models.acquire(name, signal, purpose)
      releases.unshift(lease.release)
      using.add(lease.model)
      const { id, model, keepFor } = lease
      return { id, model, keepFor, options: { signal, cacheKey: from.caller.id } }
    },
    begin: (use, events) => {
      const answer = metrics.watch(use.id, unlessAborted(events, signal))
      return startedEvents(bufferEvents(answer, { bytes: limits.streamBufferBytes, ...chatBuffering }))
    },
    stream: (frames, format = 'sse', failureOf = (error) => failureFrame(error, endpoint)) => {
      streaming = true
      return streamResponse(frames, {
        format,
        keepAliveMs: limits.keepAliveMs,
        bufferBytes: limits.streamBufferBytes,
        stallMs: limits.stallMs,
        failureFrames: (error) => [failureOf(told(error))],
        onLeave: (reason) => {
          status = 499
          controller.abort(new ApiError(499, `The client ${reason}.`, { code: 'client_left' }))
        },
        onDone: end,
      })
    },
  }

  return {
    context,
    settle: (response) => {
      status = response.status
      if (!streaming) end()
      return response
    },
    fail: (error) => {
      const answer = told(error)
      if (!streaming) end()
      return answer
    },
  }
}

/** The error as the stream's last event. */
function failureFrame(error: ApiError, { family }: Endpoint): Frame {
  const data = errorBody(error, family)
  return family === 'anthropic' ? { event: 'error', data } : { data }
}

async function* unlessAborted(events: AsyncIterable<ChatEvent>, signal: AbortSignal): AsyncGenerator<ChatEvent> {
  for await (const event of events) {
    if (event.type === 'end' && event.reason === 'aborted') {
      signal.throwIfAborted()
      throw new OstroError('aborted', 'server: the engine gave up the answer without being told to.')
    }
    yield event
  }
}

/** Requests to a server that speaks OpenAI's interface: JSON out, JSON or server-sent events back, typed errors. */
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { type ErrorCode, OstroError } from '../util/error.ts'
import type { JsonValue } from '../util/json.ts'

export interface RemoteOptions {
  /** Up to and with the version: `http://127.0.0.1:8000/v1`. */
  readonly baseUrl: string
  /** As the server names it. */
  readonly model: string
  readonly apiKey?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined
  /** Tries more where the server answers 429 or 503, each after the time that it asks for. Default 2. */
  readonly retries?: number | undefined
}

/** A server that asks for a longer wait is not waited for. */
const longestWaitMs = 30_000

export type Body = Readonly<Record<string, unknown>>

export interface Endpoint {
  readonly get: (path: string, signal?: AbortSignal) => Promise<JsonValue>
  /** The JSON of each event until `[DONE]`. Leaving the loop ends the request. */
  readonly stream: (path: string, body: Body, signal?: AbortSignal) => AsyncIterable<JsonValue>
  readonly post: (path: string, body: Body, signal?: AbortSignal) => Promise<JsonValue>
}

/** @throws OstroError `invalid-argument` for a malformed address */
export function createEndpoint(options: RemoteOptions): Endpoint {
  const { baseUrl, apiKey, headers, fetch: send = fetch, retries = 2 } = options
  if (!URL.canParse(baseUrl)) {
    throw new OstroError(
      'invalid-argument',
      `remote: an address such as http://127.0.0.1:8000/v1 expected, got ${baseUrl}.`,
    )
  }
  const root = baseUrl.replace(/\/+$/, '')
  const request = async (path: string, body: Body | undefined, signal: AbortSignal | undefined): Promise<Response> => {
    const init: RequestInit = {
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify({ model: options.model, ...body }) }),
      ...(signal === undefined ? {} : { signal }),
    }
    for (let attempt = 0; ; attempt++) {
      const response = await reached(root, signal, () => send(`${root}${path}`, init))
      if (response.ok) return response
      const said = await reached(root, signal, () => response.text())
      const waitMs = waitOf(response, attempt)
      if (attempt >= retries || waitMs === undefined || waitMs > longestWaitMs) {
        throw refusal(root, path, response.status, said)
      }
      await reached(root, signal, () => wait(waitMs, signal))
    }
  }
  const json = (response: Response, signal: AbortSignal | undefined) =>
    reached(root, signal, async () => (await response.json()) as JsonValue)
  return {
    get: async (path, signal) => json(await request(path, undefined, signal), signal),
    post: async (path, body, signal) => json(await request(path, body, signal), signal),
    async *stream(path, body, signal) {
      const stop = new AbortController()
      const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
      const response = await request(path, { ...body, stream: true }, either)
      const events = response.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
      const reader = events?.getReader()
      let finished = false
      try {
        while (reader !== undefined) {
          const { done, value } = await reached(root, signal, () => reader.read())
          if (done && finished) return
          if (done) throw brokenStream(root, path, 'ended before its answer did')
          if (value.data === '[DONE]') return
          const event = parseEvent(root, path, value.data)
          const error = memberOf(event, 'error')
          if (error !== undefined && error !== null) throw refusal(root, path, 200, value.data)
          finished ||= typeof memberOf(firstOf(memberOf(event, 'choices')), 'finish_reason') === 'string'
          yield event
        }
        throw brokenStream(root, path, 'has no body')
      } finally {
        stop.abort()
      }
    },
  }
}

/** A member of what should be an object; undefined where it isn't one. */
export function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return (value as { readonly [key: string]: JsonValue })[name]
}

/** The first of a list; undefined where it is none. */
export function firstOf(value: JsonValue | undefined): JsonValue | undefined {
  return Array.isArray(value) ? (value[0] as JsonValue | undefined) : undefined
}

async function reached<T>(root: string, signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    if (signal?.aborted === true) throw new OstroError('aborted', 'remote: the signal fired.', {}, { cause })
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OstroError('network', `remote: ${root} cannot be reached or broke off: ${reason}.`, { root }, { cause })
  }
}

/** Milliseconds that a busy server wants to be left alone; without a word of its, longer each time. Undefined where it is not busy. */
function waitOf(response: Response, attempt: number): number | undefined {
  if (response.status !== 429 && response.status !== 503) return undefined
  const asked = response.headers.get('retry-after')
  if (asked === null) return 500 * 2 ** attempt
  if (/^\d+(\.\d+)?$/.test(asked.trim())) return Number(asked) * 1000
  // A date counts from the server's own clock.
  const ms = Date.parse(asked) - Date.parse(response.headers.get('date') ?? '')
  return Number.isNaN(ms) ? 500 * 2 ** attempt : Math.max(0, ms)
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

function parseEvent(root: string, path: string, data: string): JsonValue {
  try {
    return JSON.parse(data) as JsonValue
  } catch (cause) {
    throw brokenStream(root, path, `has an event that is no JSON: ${data.slice(0, 100)}`, cause)
  }
}

/** What came of the answer so far is no answer. */
function brokenStream(root: string, path: string, what: string, cause?: unknown): OstroError {
  return new OstroError('network', `remote: the stream of ${root}${path} ${what}.`, { path }, { cause })
}

function refusal(root: string, path: string, status: number, text: string): OstroError {
  const said = text.slice(0, 500)
  const code = said.includes('context_length_exceeded') ? 'context-overflow' : (codes[status] ?? 'network')
  return new OstroError(code, `remote: ${root}${path} answered ${status}: ${said}`, { status, path })
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid-argument',
  404: 'not-found',
  422: 'invalid-argument',
  429: 'overloaded',
  503: 'overloaded',
}

/** Requests to a server that speaks OpenAI's interface: JSON out, JSON or server-sent events back, typed errors. */
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { OstroError } from '../util/error.ts'
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
}

export type Body = Readonly<Record<string, unknown>>

export interface Endpoint {
  readonly get: (path: string, signal?: AbortSignal) => Promise<JsonValue>
  /** The JSON of each event until `[DONE]`. Leaving the loop ends the request. */
  readonly stream: (path: string, body: Body, signal?: AbortSignal) => AsyncIterable<JsonValue>
  readonly post: (path: string, body: Body, signal?: AbortSignal) => Promise<JsonValue>
}

/** @throws OstroError `invalid-argument` for a malformed address */
export function createEndpoint(options: RemoteOptions): Endpoint {
  const { baseUrl, apiKey, headers, fetch: send = fetch } = options
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
    const response = await reached(root, signal, () => send(`${root}${path}`, init))
    if (response.ok) return response
    throw refusal(root, path, response.status, await response.text())
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
      try {
        while (reader !== undefined) {
          const { done, value } = await reached(root, signal, () => reader.read())
          if (done || value.data === '[DONE]') return
          const event = JSON.parse(value.data) as JsonValue
          const error = memberOf(event, 'error')
          if (error !== undefined && error !== null) throw refusal(root, path, 200, value.data)
          yield event
        }
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

function refusal(root: string, path: string, status: number, text: string): OstroError {
  const said = text.slice(0, 500)
  const code = status === 404 ? 'not-found' : status === 400 || status === 422 ? 'invalid-argument' : 'network'
  return new OstroError(code, `remote: ${root}${path} answered ${status}: ${said}`, { status, path })
}

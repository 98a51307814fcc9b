/** One GET with a deadline for the answer's head, redirects followed by hand (headers of each hop matter, tokens must not travel). */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { OstroError } from '../util/error.ts'
import { TransferError } from './remote-file.ts'

export interface Answer {
  readonly status: number
  /** Address after all redirects. */
  readonly url: string
  readonly headers: Headers
  /** Headers of every hop, the hub's declarations among them; earlier hops win. */
  readonly declared: Headers
  readonly body: ReadableStream<Uint8Array> | undefined
  /** Closes the connection; safe to call at any time. */
  readonly cancel: () => void
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Until the head of the final answer is there. Default 5000. */
  readonly deadlineMs?: number
  readonly signal?: AbortSignal | undefined
}

/** How long an unreachable source may cost. */
const unreachableMs = 5000

/** @throws TransferError `unreachable`; OstroError `aborted`. Any status is an answer. */
export async function get(url: string, options: RequestOptions = {}): Promise<Answer> {
  throwIfAborted(options.signal)
  if (url.startsWith('file:')) return getLocal(url, options)
  const abort = new AbortController()
  const cancel = (): void => {
    // One signal sees hundreds of requests: none may leave its listener behind.
    options.signal?.removeEventListener('abort', cancel)
    abort.abort()
  }
  options.signal?.addEventListener('abort', cancel, { once: true })
  const deadlineMs = options.deadlineMs ?? unreachableMs
  let late = false
  const timer = setTimeout(() => {
    late = true
    abort.abort()
  }, deadlineMs)
  try {
    return await followRedirects(url, options.headers ?? {}, abort, cancel)
  } catch (error) {
    options.signal?.removeEventListener('abort', cancel)
    throwIfAborted(options.signal)
    if (error instanceof TransferError) throw error
    const reason = late ? `no answer within ${deadlineMs / 1000} s` : causeOf(error)
    throw new TransferError('unreachable', `${hostOf(url)}: ${reason}`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

async function followRedirects(
  first: string,
  wanted: Readonly<Record<string, string>>,
  abort: AbortController,
  cancel: () => void,
): Promise<Answer> {
  const declared = new Headers()
  let url = first
  for (let hop = 0; hop <= 10; hop++) {
    // identity: a compressed answer would make byte ranges and lengths mean something else.
    const headers: Record<string, string> = { 'accept-encoding': 'identity', ...wanted }
    if (new URL(url).origin !== new URL(first).origin) delete headers['authorization']
    const response = await fetch(url, { headers, redirect: 'manual', signal: abort.signal })
    for (const [name, value] of response.headers) if (!declared.has(name)) declared.set(name, value)
    const location = response.headers.get('location')
    if (response.status < 300 || response.status >= 400 || response.status === 304 || location === null) {
      return {
        status: response.status,
        url,
        headers: response.headers,
        declared,
        body: response.body ?? undefined,
        cancel,
      }
    }
    await response.body?.cancel()
    url = new URL(location, url).href
    if (!/^https?:/.test(url))
      throw new TransferError(
        'unreachable',
        `${hostOf(first)}: redirect to ${url.slice(0, 60)}, which is not on the web`,
      )
  }
  throw new TransferError('unreachable', `${hostOf(first)}: more than 10 redirects`)
}

/** A wheel in a local folder (pip's find-links, a file mirror) answers as a server with ranges would. */
async function getLocal(url: string, options: RequestOptions): Promise<Answer> {
  const path = fileURLToPath(url)
  const info = await stat(path).catch((error: unknown) => {
    throw new TransferError('unreachable', `${path}: ${causeOf(error)}`, { cause: error })
  })
  const range = /^bytes=(\d+)-(\d+)$/.exec(options.headers?.['range'] ?? '')
  const start = range ? Number(range[1]) : 0
  const end = Math.min(range ? Number(range[2]) : Infinity, info.size - 1)
  const headers = new Headers({ 'content-length': String(end - start + 1), 'last-modified': info.mtime.toUTCString() })
  if (range) headers.set('content-range', `bytes ${start}-${end}/${info.size}`)
  const stream = end < start ? Readable.from([]) : createReadStream(path, { start, end })
  return {
    status: range ? 206 : 200,
    url,
    headers,
    declared: headers,
    body: Readable.toWeb(stream) as ReadableStream<Uint8Array>,
    cancel: () => stream.destroy(),
  }
}

export interface Probe {
  readonly url: string
  readonly sizeBytes: number | undefined
  readonly ranges: boolean
  readonly validator: string | undefined
  readonly declared: Headers
}

/**
 * Asks for one byte: size, range support, validator and the declarations of every hop.
 * A busy server (429, 503) is waited for as long as it asks, at most a minute in all.
 * @throws TransferError for an unreachable server or a status other than 200 and 206.
 */
export async function probe(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Probe> {
  let patienceMs = 60_000
  for (;;) {
    const answer = await get(url, { headers: { ...headers, range: 'bytes=0-0' }, signal })
    answer.cancel()
    if (answer.status === 429 || answer.status === 503) {
      const waitMs = retryAfterMs(answer.headers) ?? 1000
      if (waitMs > patienceMs) throw statusError(url, answer)
      patienceMs -= Math.max(waitMs, 1000)
      await pause(waitMs, signal)
      continue
    }
    const total = /\/(\d+)$/.exec(answer.headers.get('content-range') ?? '')
    if (answer.status === 206 && total) return describe(answer, Number(total[1]), true)
    if (answer.status === 200) {
      const length = answer.headers.get('content-length')
      return describe(answer, length === null ? undefined : Number(length), false)
    }
    throw statusError(url, answer)
  }
}

function describe(answer: Answer, sizeBytes: number | undefined, ranges: boolean): Probe {
  return { url: answer.url, sizeBytes, ranges, validator: validatorOf(answer.headers), declared: answer.declared }
}

/** A strong ETag, or the date; weak tags do not promise equal bytes. */
export function validatorOf(headers: Headers): string | undefined {
  const etag = headers.get('etag')
  if (etag !== null && !etag.startsWith('W/')) return etag
  return headers.get('last-modified') ?? undefined
}

export function statusError(url: string, answer: Pick<Answer, 'status' | 'headers'>): TransferError {
  const hint =
    answer.status === 401 || answer.status === 403
      ? ' (a token may be needed: HF_TOKEN for the Hugging Face hub, and the licence accepted on its page)'
      : ''
  const wait = retryAfterMs(answer.headers)
  return new TransferError('status', `${hostOf(url)}: HTTP ${answer.status}${hint}`, {
    status: answer.status,
    ...(wait !== undefined && { retryAfterMs: wait }),
  })
}

function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}

/** Reads a whole small answer, at most `limitBytes` of it. */
export async function readSmall(answer: Answer, limitBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let size = 0
  try {
    for await (const piece of answer.body ?? []) {
      size += piece.length
      if (size > limitBytes)
        throw new TransferError('status', `${hostOf(answer.url)}: answer larger than ${limitBytes} bytes`)
      pieces.push(piece)
    }
  } catch (error) {
    if (error instanceof TransferError) throw error
    throw new TransferError('cut', `${hostOf(answer.url)}: ${causeOf(error)}`, { cause: error })
  } finally {
    answer.cancel()
  }
  return Buffer.concat(pieces)
}

/** @throws OstroError `aborted` */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new OstroError('aborted', 'pull: stopped by the caller.', {}, { cause: signal.reason })
}

export async function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(durationMs, undefined, signal ? { signal } : {}).catch((error: unknown) => {
    throwIfAborted(signal)
    throw error
  })
}

/** The innermost message: fetch hides "ECONNREFUSED" behind "fetch failed". */
export function causeOf(error: unknown): string {
  let inner = error
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause
  if (inner instanceof AggregateError && inner.errors[0] instanceof Error) inner = inner.errors[0]
  return inner instanceof Error ? inner.message || inner.name : String(inner)
}

export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host || new URL(url).pathname : url
}

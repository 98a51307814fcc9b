/** A web server that behaves like a model hub, well and badly: redirects, ranges, declared hashes, tokens, 429, cuts, changes. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Served {
  bytes: Uint8Array
  /** Strong ETag; default none, `date` sends Last-Modified instead. */
  etag?: string
  ranges?: boolean
  /** Leave Content-Length out (chunked). */
  unknownLength?: boolean
  /** Answer with a redirect to this path or address, with these headers. */
  redirect?: { to: string; headers?: Record<string, string>; status?: number }
  /** Bearer token without which it says 401. */
  token?: string
  /** Statuses of the next answers, before the real ones begin. */
  failures?: { status: number; headers?: Record<string, string> }[]
  /** Cut the connection after so many bytes of an answer, so many times. */
  cut?: { afterBytes: number; times: number }
  /** Pause between pieces of 64 KiB. */
  pauseMs?: number
  /** Accept the request and never answer. */
  hang?: boolean
  /** Called before an answer is made, with the number of requests for this path so far. */
  onRequest?: (count: number) => void
}

export interface HubRequest {
  readonly path: string
  readonly range: string | undefined
  readonly authorization: string | undefined
  readonly ifRange: string | undefined
  status: number
  sentBytes: number
}

export interface HubServer extends AsyncDisposable {
  readonly url: string
  readonly files: Map<string, Served>
  readonly requests: HubRequest[]
  /** Body bytes of all answers. */
  readonly sentBytes: () => number
}

export async function startHubServer(files: Record<string, Served> = {}): Promise<HubServer> {
  const table = new Map(Object.entries(files))
  const requests: HubRequest[] = []
  const counts = new Map<string, number>()
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    const log: HubRequest = {
      path,
      range: request.headers.range,
      authorization: request.headers.authorization,
      ifRange: request.headers['if-range'] as string | undefined,
      status: 0,
      sentBytes: 0,
    }
    requests.push(log)
    const count = (counts.get(path) ?? 0) + 1
    counts.set(path, count)
    const served = table.get(path)
    served?.onRequest?.(count)
    if (served?.hang) return
    // A client that goes away in the middle is part of what is tested.
    void answer(table.get(path), request, response, log).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    files: table,
    requests,
    sentBytes: () => requests.reduce((total, request) => total + request.sentBytes, 0),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(served: Served | undefined, request: IncomingMessage, response: ServerResponse, log: HubRequest) {
  const end = (status: number, headers: Record<string, string> = {}): void => {
    log.status = status
    response.writeHead(status, headers).end()
  }
  if (!served) return end(404)
  if (served.token && request.headers.authorization !== `Bearer ${served.token}`) return end(401)
  const failure = served.failures?.shift()
  if (failure) return end(failure.status, failure.headers)
  if (served.redirect)
    return end(served.redirect.status ?? 302, { location: served.redirect.to, ...served.redirect.headers })

  const { bytes, etag } = served
  const ifRange = request.headers['if-range']
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
  const partial = served.ranges !== false && match !== null && (ifRange === undefined || ifRange === etag)
  const start = partial ? Number(match[1]) : 0
  const stop = partial ? Math.min(Number(match[2]) + 1, bytes.length) : bytes.length
  if (partial && start >= bytes.length) return end(416)
  log.status = partial ? 206 : 200
  response.writeHead(log.status, {
    ...(etag !== undefined && { etag }),
    ...(served.unknownLength ? {} : { 'content-length': String(stop - start) }),
    ...(partial && { 'content-range': `bytes ${start}-${stop - 1}/${bytes.length}` }),
  })
  for (let at = start; at < stop;) {
    const next = Math.min(at + 65_536, stop)
    if (response.destroyed) return
    if (!response.write(bytes.subarray(at, next))) {
      await drained(response)
    }
    log.sentBytes += next - at
    at = next
    const { cut } = served
    if (cut && cut.times > 0 && at - start >= cut.afterBytes) {
      cut.times--
      return void response.destroy()
    }
    if (served.pauseMs) await sleep(served.pauseMs)
  }
  response.end()
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.once('drain', done).once('close', done)
  })
}

/** Bytes that do not repeat, the same for the same seed. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed >>> 0 || 1
  for (let index = 0; index < length; index++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[index] = state
  }
  return bytes
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The two addresses of a file on the hub: the one that redirects and declares, and the storage. */
export function hubFile(path: string, bytes: Uint8Array, more: Partial<Served> = {}): Record<string, Served> {
  const { token, ...behaviour } = more
  const storage = `/storage${path}`
  const declared = { 'x-linked-etag': `"${sha256Of(bytes)}"`, 'x-linked-size': String(bytes.length) }
  return {
    [path]: {
      bytes: new Uint8Array(),
      redirect: { to: storage, headers: declared },
      ...(token !== undefined && { token }),
    },
    [storage]: { bytes, etag: `"${sha256Of(bytes).slice(0, 16)}"`, ...behaviour },
  }
}

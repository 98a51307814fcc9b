/** Random access to bytes: what a model file is read from, be it memory, a Blob, a server with ranges or (see `file-source.node.ts`) a disk. */
import { OstroError } from '../util/error.ts'

export interface ByteSource {
  /** Names the bytes in messages: a path, a URL, `bytes`. */
  readonly name: string
  readonly sizeBytes: number
  /**
   * Fills `into` with the bytes [offset, offset + into.length).
   * @throws OstroError 'invalid-argument' where the range leaves the source, 'aborted', 'disk' or 'network'
   */
  read(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Bytes in memory. The array is not copied. */
export function bytesSource(bytes: Uint8Array, name = 'bytes'): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    async read(offset, into, signal) {
      checkRange(name, bytes.length, offset, into.length)
      throwIfAborted(name, signal)
      into.set(bytes.subarray(offset, offset + into.length))
    },
    async close() {},
  }
}

/** A Blob or File, for example from a file input or from the origin-private file system. */
export function blobSource(blob: Blob, name = 'blob'): ByteSource {
  return {
    name,
    sizeBytes: blob.size,
    async read(offset, into, signal) {
      checkRange(name, blob.size, offset, into.length)
      throwIfAborted(name, signal)
      const part = new Uint8Array(await blob.slice(offset, offset + into.length).arrayBuffer())
      if (part.length !== into.length) {
        throw new OstroError(
          'disk',
          `${name}: ${into.length} bytes at ${offset} expected, got ${part.length}. Has the file changed?`,
        )
      }
      into.set(part)
    },
    async close() {},
  }
}

export interface HttpSourceOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/**
 * A file on a server that answers byte ranges. One request asks for the size; each `read` is one more, pinned to the same version
 * of the file where the server sends a strong ETag.
 * @throws OstroError 'network' where the server is not reached or refuses, 'unsupported' where it has no ranges
 */
export async function httpSource(url: string, options: HttpSourceOptions = {}): Promise<ByteSource> {
  const first = await requestRange(url, 0, 1, options.headers, options.signal)
  await first.body?.cancel()
  const total = Number(/\/(\d+)$/.exec(first.headers.get('content-range') ?? '')?.[1])
  if (!Number.isSafeInteger(total)) {
    throw new OstroError('unsupported', `${url}: the server does not tell the size of the file. Download it first.`, {
      url,
    })
  }
  const etag = first.headers.get('etag') ?? undefined
  // `first.url` is the address after redirects; a redirect per range would double the round trips.
  const address = first.url === '' ? url : first.url
  return {
    name: url,
    sizeBytes: total,
    async read(offset, into, signal) {
      checkRange(url, total, offset, into.length)
      if (into.length === 0) return
      const response = await requestRange(address, offset, into.length, options.headers, signal ?? options.signal)
      const version = response.headers.get('etag') ?? undefined
      if (version !== etag) {
        await response.body?.cancel()
        throw new OstroError(
          'network',
          `${url}: the file changed on the server (ETag ${etag}, now ${version}). Open it again.`,
          { url },
        )
      }
      await fillFromBody(url, response, into)
    },
    async close() {},
  }
}

async function requestRange(
  url: string,
  offset: number,
  length: number,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Response> {
  throwIfAborted(url, signal)
  let response: Response
  try {
    const range = `bytes=${offset}-${offset + length - 1}`
    // A transparent content coding would make the ranges those of the coded bytes.
    const request = { headers: { ...headers, range, 'accept-encoding': 'identity' } }
    response = await fetch(url, signal === undefined ? request : { ...request, signal })
  } catch (cause) {
    throwIfAborted(url, signal)
    throw new OstroError(
      'network',
      `${url}: the server was not reached. Check the address and the connection.`,
      { url },
      { cause },
    )
  }
  if (response.status === 206) return response
  await response.body?.cancel()
  if (response.ok) {
    throw new OstroError('unsupported', `${url}: the server does not answer byte ranges. Download the file first.`, {
      url,
    })
  }
  const code = response.status === 404 ? 'not-found' : 'network'
  throw new OstroError(code, `${url}: status 206 expected, got ${response.status} ${response.statusText}.`, {
    url,
    status: response.status,
  })
}

async function fillFromBody(url: string, response: Response, into: Uint8Array): Promise<void> {
  let done = 0
  try {
    for await (const chunk of response.body ?? []) {
      if (done + chunk.length > into.length) {
        throw new OstroError('network', `${url}: ${into.length} bytes expected, the server sends more. Try again.`, {
          url,
        })
      }
      into.set(chunk, done)
      done += chunk.length
    }
  } catch (cause) {
    if (cause instanceof OstroError) throw cause
    const aborted = cause instanceof Error && cause.name === 'AbortError'
    throw new OstroError(
      aborted ? 'aborted' : 'network',
      `${url}: broke off after ${done} of ${into.length} bytes.`,
      { url },
      { cause },
    )
  }
  if (done !== into.length) {
    throw new OstroError('network', `${url}: ${into.length} bytes expected, got ${done}. Try again.`, { url })
  }
}

/** Shared by all sources: a range outside the source is a bug of the caller, not of the file. */
export function checkRange(name: string, sizeBytes: number, offset: number, length: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset + length > sizeBytes) {
    throw new OstroError(
      'invalid-argument',
      `${name}: a range inside of ${sizeBytes} bytes expected, got ${length} bytes at ${offset}.`,
      {
        name,
        offset,
        length,
        sizeBytes,
      },
    )
  }
}

export function throwIfAborted(name: string, signal?: AbortSignal): void {
  if (signal?.aborted)
    throw new OstroError('aborted', `${name}: reading was aborted.`, { name }, { cause: signal.reason })
}

/**
 * Fetches the parts of one file into one raw file on disk: parallel ranges of 8 MiB, each block journalled as soon as it is written.
 * Bytes go from the socket through one 256 KiB buffer per connection to their place in the file; the file is never in memory.
 */
import { open, rm, type FileHandle } from 'node:fs/promises'
import { OstroError } from '../util/error.ts'
import { blockBytes, openJournal, type Journal } from './journal.ts'
import { type RemoteFile, type RemotePart, TransferError } from './remote-file.ts'
import { type Answer, causeOf, get, hostOf, pause, statusError, throwIfAborted, validatorOf } from './request.ts'

export const chunkBytes = 8 << 20

export interface DownloadOptions {
  /** Ranges open at once, 1 to 8. Default 4. */
  readonly connections?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called once, before the first request, with what an earlier try left on disk. */
  readonly onResume?: (bytes: number) => void
  /** Called with the bytes of every write (negative when a stream starts over). */
  readonly onBytes?: (bytes: number) => void
}

export interface RawFile {
  readonly path: string
  /** Where each part lies in the raw file; the end is exclusive. */
  readonly spans: readonly { readonly start: number; readonly end: number }[]
}

/** Tries without any new byte before a source is given up. */
const barrenTries = 5
/** A connection that sends nothing for so long is cut. */
const stallMs = 20_000

interface Chunk {
  readonly part: RemotePart
  /** Address of the part's first byte in the raw file. */
  readonly partStart: number
  /** First block in the journal, and how many. */
  readonly firstBlock: number
  readonly blockCount: number
  /** Byte range inside the part. */
  readonly start: number
  readonly end: number
}

/**
 * Downloads what is missing of a file.
 * @returns the raw file, complete; hash and decoding are the caller's
 * @throws TransferError when the source fails for good, `changed` when it serves other bytes than at the first request
 * @throws OstroError `aborted`, `disk`
 */
export async function downloadRaw(file: RemoteFile, rawPath: string, options: DownloadOptions = {}): Promise<RawFile> {
  const single = file.parts[0]
  if (single && file.parts.length === 1 && (!single.ranges || single.lengthBytes === undefined)) {
    return downloadStream(single, rawPath, options)
  }
  const { chunks, spans, blockCount } = layOut(file)
  const identity = file.parts.map((part) => `${part.identity}#${part.offsetBytes}+${part.lengthBytes}`).join(' ')
  const journal = await openJournal(`${rawPath}.journal`, identity, blockCount)
  const handle = await openRaw(rawPath, journal)
  try {
    await fetchChunks(chunks, handle, journal, options)
  } finally {
    await handle.close()
    await journal.close()
  }
  return { path: rawPath, spans }
}

/** Forgets what was downloaded. */
export async function discardRaw(rawPath: string): Promise<void> {
  await rm(`${rawPath}.journal`, { force: true })
  await rm(rawPath, { force: true })
}

async function openRaw(rawPath: string, journal: Journal): Promise<FileHandle> {
  try {
    return await open(rawPath, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    journal.done.fill(0)
    return open(rawPath, 'w+')
  }
}

function layOut(file: RemoteFile): { chunks: Chunk[]; spans: { start: number; end: number }[]; blockCount: number } {
  const chunks: Chunk[] = []
  const spans: { start: number; end: number }[] = []
  let partStart = 0
  let block = 0
  for (const part of file.parts) {
    const length = part.lengthBytes
    if (length === undefined || !part.ranges) {
      throw new TransferError(
        'status',
        `${hostOf(part.url)}: serves no byte ranges, which a file in several parts needs`,
      )
    }
    for (let start = 0; start < length; start += chunkBytes) {
      const end = Math.min(start + chunkBytes, length)
      const blockCount = Math.ceil((end - start) / blockBytes)
      chunks.push({ part, partStart, firstBlock: block, blockCount, start, end })
      block += blockCount
    }
    spans.push({ start: partStart, end: partStart + length })
    partStart += length
  }
  return { chunks, spans, blockCount: block }
}

async function fetchChunks(chunks: readonly Chunk[], handle: FileHandle, journal: Journal, options: DownloadOptions) {
  options.onResume?.(chunks.reduce((total, chunk) => total + doneBytes(chunk, journal), 0))
  const missing = chunks.filter((chunk) => nextRun(chunk, journal) !== undefined)
  const stop = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
  const addresses = new Map<string, string>()
  const connections = Math.min(Math.max(options.connections ?? 4, 1), 8, missing.length)
  let next = 0
  let failure: unknown
  const work = async (): Promise<void> => {
    const buffer = Buffer.allocUnsafe(blockBytes)
    try {
      while (failure === undefined && next < missing.length) {
        const chunk = missing[next++]
        await fetchChunk(chunk, { handle, journal, buffer, addresses, signal, onBytes: options.onBytes })
      }
    } catch (error) {
      failure ??= error
      stop.abort()
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
  throwIfAborted(options.signal)
  if (failure !== undefined) throw failure
}

interface ChunkContext {
  readonly handle: FileHandle
  readonly journal: Journal
  readonly buffer: Buffer
  /** Where an address redirected to, so that not every chunk asks the hub again. */
  readonly addresses: Map<string, string>
  readonly signal: AbortSignal
  readonly onBytes: ((bytes: number) => void) | undefined
}

async function fetchChunk(chunk: Chunk, context: ChunkContext): Promise<void> {
  let barren = 0
  let held = 0 // bytes of the current block in the buffer, kept over a cut connection
  for (let run = nextRun(chunk, context.journal); run; run = nextRun(chunk, context.journal)) {
    const before = { start: run.start, held }
    try {
      for await (const piece of readRange(chunk, run.start + held, run.end, context)) {
        let at = 0
        while (at < piece.length) {
          const blockLength = Math.min(blockBytes, run.end - run.start)
          const taken = Math.min(piece.length - at, blockLength - held)
          context.buffer.set(piece.subarray(at, at + taken), held)
          at += taken
          held += taken
          if (held < blockLength) continue
          await writeFully(context.handle, context.buffer.subarray(0, held), chunk.partStart + run.start)
          await context.journal.mark(chunk.firstBlock + Math.floor((run.start - chunk.start) / blockBytes))
          context.onBytes?.(held)
          run.start += held
          held = 0
        }
      }
      if (run.start < run.end) throw new TransferError('cut', `${hostOf(chunk.part.url)}: the answer ended early`)
      barren = 0
    } catch (error) {
      throwIfAborted(context.signal)
      if (run.start !== before.start || held !== before.held) barren = 0
      barren = await waitToRetry(error, barren, context.signal)
    }
  }
}

/** The first stretch of blocks of the chunk that is not on disk. */
function nextRun(chunk: Chunk, journal: Journal): { start: number; end: number } | undefined {
  const blocks = journal.done.subarray(chunk.firstBlock, chunk.firstBlock + chunk.blockCount)
  const first = blocks.indexOf(0)
  if (first < 0) return undefined
  const following = blocks.indexOf(1, first)
  const last = following < 0 ? chunk.blockCount : following
  return { start: chunk.start + first * blockBytes, end: Math.min(chunk.start + last * blockBytes, chunk.end) }
}

function doneBytes(chunk: Chunk, journal: Journal): number {
  let bytes = 0
  for (let block = 0; block < chunk.blockCount; block++) {
    if (journal.done[chunk.firstBlock + block] === 0) continue
    bytes += Math.min(blockBytes, chunk.end - chunk.start - block * blockBytes)
  }
  return bytes
}

async function* readRange(chunk: Chunk, start: number, end: number, context: ChunkContext): AsyncGenerator<Uint8Array> {
  const { part } = chunk
  const first = part.offsetBytes + start
  const last = part.offsetBytes + end - 1
  const known = context.addresses.get(part.url)
  const headers: Record<string, string> = { ...part.headers, range: `bytes=${first}-${last}` }
  if (part.validator !== undefined) headers['if-range'] = part.validator
  // A cached address may be on another host, where the token has no business.
  if (known !== undefined && new URL(known).origin !== new URL(part.url).origin) delete headers['authorization']
  const answer = await get(known ?? part.url, { headers, signal: context.signal })
  try {
    if (known !== undefined && [401, 403, 404, 410].includes(answer.status)) {
      // Signed addresses expire: ask the hub for a new one.
      context.addresses.delete(part.url)
      throw new TransferError('cut', `${hostOf(known)}: the address has expired`)
    }
    checkRange(part, answer, first, last)
    context.addresses.set(part.url, answer.url)
    yield* readBody(answer, last - first + 1)
  } finally {
    answer.cancel()
  }
}

function checkRange(part: RemotePart, answer: Answer, first: number, last: number): void {
  // 200 to a range request with If-Range, or 416: the file is not the one that was probed.
  if (answer.status === 200 || answer.status === 416) throw changed(part)
  if (answer.status !== 206) throw statusError(part.url, answer)
  const range = /^bytes (\d+)-(\d+)\//.exec(answer.headers.get('content-range') ?? '')
  if (!range || Number(range[1]) !== first || Number(range[2]) !== last) throw changed(part)
  if (part.validator !== undefined && part.validator !== (validatorOf(answer.headers) ?? part.validator))
    throw changed(part)
}

function changed(part: RemotePart): TransferError {
  return new TransferError('changed', `${hostOf(part.url)}: the file changed while it was downloaded`)
}

/** The pieces of a body, with a watch on silence and on length. */
async function* readBody(answer: Answer, limitBytes: number): AsyncGenerator<Uint8Array> {
  let received = 0
  let stalled = false
  const silence = setTimeout(() => {
    stalled = true
    answer.cancel()
  }, stallMs)
  try {
    for await (const piece of answer.body ?? []) {
      silence.refresh()
      received += piece.length
      if (received > limitBytes) throw new TransferError('changed', `${hostOf(answer.url)}: more bytes than announced`)
      yield piece
    }
  } catch (error) {
    if (error instanceof TransferError || error instanceof OstroError) throw error
    const reason = stalled ? `silent for ${stallMs / 1000} s` : causeOf(error)
    throw new TransferError('cut', `${hostOf(answer.url)}: connection cut (${reason})`, { cause: error })
  } finally {
    clearTimeout(silence)
  }
}

/** A server without ranges, or without a length: one stream, from the start at every try. */
async function downloadStream(part: RemotePart, rawPath: string, options: DownloadOptions): Promise<RawFile> {
  const handle = await open(rawPath, 'w')
  try {
    for (let barren = 0; ;) {
      let position = 0
      try {
        const answer = await get(part.url, { headers: part.headers, signal: options.signal })
        try {
          if (answer.status !== 200) throw statusError(part.url, answer)
          for await (const piece of readBody(answer, part.lengthBytes ?? Infinity)) {
            await writeFully(handle, piece, position)
            position += piece.length
            options.onBytes?.(piece.length)
          }
        } finally {
          answer.cancel()
        }
        if (position < (part.lengthBytes ?? 0))
          throw new TransferError('cut', `${hostOf(part.url)}: the answer ended early`)
        await handle.truncate(position)
        return { path: rawPath, spans: [{ start: 0, end: position }] }
      } catch (error) {
        throwIfAborted(options.signal)
        options.onBytes?.(-position)
        barren = await waitToRetry(error, barren, options.signal)
      }
    }
  } finally {
    await handle.close()
  }
}

/** Waits before another try and counts it, or rethrows what cannot get better. */
async function waitToRetry(error: unknown, barren: number, signal: AbortSignal | undefined): Promise<number> {
  if (!(error instanceof TransferError) || error.fault === 'changed') throw error
  const busy = error.status === 429 || (error.status ?? 0) >= 500
  if (error.fault === 'status' && !busy) throw error
  if (barren + 1 >= barrenTries) throw error
  await pause(Math.min(error.retryAfterMs ?? 200 * 2 ** barren, 60_000), signal)
  return barren + 1
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) {
      at += (await handle.write(bytes, at, bytes.length - at, position + at)).bytesWritten
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    throw new OstroError(
      'disk',
      `pull: writing the download failed with ${code}. Free some space or set OSTRO_HOME.`,
      { code },
      { cause: error },
    )
  }
}

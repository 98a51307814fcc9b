/** From the raw download to the file itself: members are inflated, parts joined, size and sha256 checked, all as streams. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream'
import { createInflateRaw } from 'node:zlib'
import { OstroError } from '../util/error.ts'
import type { RawFile } from './download.ts'
import type { RemoteFile } from './remote-file.ts'
import { causeOf, throwIfAborted } from './request.ts'

export interface AssembleOptions {
  /** Hash that the file must have; undefined where nobody declared one. */
  readonly sha256: string | undefined
  readonly sizeBytes: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Bytes checked so far. */
  readonly onBytes?: (bytes: number) => void
}

/**
 * Writes the file to `target`, which appears only when its size and hash are right.
 * @throws OstroError `integrity` when they are not
 */
export async function assemble(file: RemoteFile, raw: RawFile, target: string, options: AssembleOptions) {
  const plain = file.parts.every((part) => part.encoding === 'stored')
  await mkdir(dirname(target), { recursive: true })
  const temporary = `${target}.assembling`
  const output = plain ? undefined : await open(temporary, 'w')
  const hash = createHash('sha256')
  const limitBytes = options.sizeBytes ?? Infinity
  let sizeBytes = 0
  try {
    for (const [index, part] of file.parts.entries()) {
      const span = raw.spans[index]
      for await (const piece of readPart(raw.path, span, part.encoding)) {
        throwIfAborted(options.signal)
        hash.update(piece)
        sizeBytes += piece.length
        if (sizeBytes > limitBytes) throw mismatch(file.path, `${limitBytes} bytes`, 'more')
        for (let at = 0; output && at < piece.length;) at += (await output.write(piece, at)).bytesWritten
        options.onBytes?.(piece.length)
      }
    }
  } catch (error) {
    if (error instanceof OstroError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (code.startsWith('Z_')) throw mismatch(file.path, 'deflated data', causeOf(error))
    throw new OstroError(
      'disk',
      `pull: writing ${file.path} failed with ${code || causeOf(error)}. Free some space or set OSTRO_HOME.`,
      { code },
      { cause: error },
    )
  } finally {
    await output?.close()
  }
  const sha256 = hash.digest('hex')
  if (options.sizeBytes !== undefined && sizeBytes !== options.sizeBytes)
    throw mismatch(file.path, `${options.sizeBytes} bytes`, `${sizeBytes}`)
  if (options.sha256 !== undefined && sha256 !== options.sha256)
    throw mismatch(file.path, `sha256 ${options.sha256}`, sha256)
  await rename(plain ? raw.path : temporary, target)
  return { path: file.path, sizeBytes, sha256 }
}

async function* readPart(
  path: string,
  span: { start: number; end: number } | undefined,
  encoding: 'stored' | 'deflate',
) {
  if (!span || span.end === span.start) return
  const stored = createReadStream(path, { start: span.start, end: span.end - 1, highWaterMark: 1 << 20 })
  if (encoding === 'stored') return yield* stored as AsyncIterable<Buffer>
  const inflated = createInflateRaw({ chunkSize: 1 << 18 })
  // An error of either end destroys the other and comes out of the loop below.
  pipeline(stored, inflated, () => undefined)
  yield* inflated as AsyncIterable<Buffer>
}

function mismatch(path: string, expected: string, got: string): OstroError {
  return new OstroError(
    'integrity',
    `pull: expected ${path} to have ${expected}, got ${got}. The source is damaged or was changed.`,
    { path, expected, got },
  )
}

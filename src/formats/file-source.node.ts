/** A file on disk as a ByteSource: positional reads, nothing of the file is kept. */
import { open, type FileHandle } from 'node:fs/promises'
import { OstroError } from '../util/error.ts'
import { checkRange, throwIfAborted, type ByteSource } from './source.ts'

// One read call takes at most 2 GiB - 1 on Linux; smaller pieces also let an abort through.
const pieceBytes = 64 * 1024 * 1024

/**
 * Opens a file for positional reads. The size is fixed at opening.
 * @throws OstroError 'not-found' where there is no such file, 'disk' where it cannot be read
 */
export async function fileSource(path: string): Promise<ByteSource> {
  const handle = await openForReading(path)
  const stat = await handle.stat()
  if (!stat.isFile()) {
    await handle.close()
    throw new OstroError('invalid-argument', `${path}: a file expected, got a folder or a device.`, { path })
  }
  const sizeBytes = stat.size
  let closed = false
  return {
    name: path,
    sizeBytes,
    async read(offset, into, signal) {
      checkRange(path, sizeBytes, offset, into.length)
      if (closed) throw new OstroError('disposed', `${path}: the file was closed before.`, { path })
      let done = 0
      while (done < into.length) {
        throwIfAborted(path, signal)
        const count = await readPiece(path, handle, into, done, offset)
        if (count === 0) {
          throw new OstroError(
            'disk',
            `${path}: ${into.length} bytes at ${offset} expected, got ${done}. Was the file cut?`,
            { path, offset },
          )
        }
        done += count
      }
    },
    async close() {
      if (closed) return
      closed = true
      await handle.close()
    },
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (cause) {
    const reason = systemCode(cause)
    if (reason === 'ENOENT') throw new OstroError('not-found', `${path}: no such file.`, { path }, { cause })
    throw new OstroError('disk', `${path}: cannot be opened (${reason}). Check the permissions.`, { path }, { cause })
  }
}

async function readPiece(
  path: string,
  handle: FileHandle,
  into: Uint8Array,
  done: number,
  offset: number,
): Promise<number> {
  try {
    const length = Math.min(pieceBytes, into.length - done)
    return (await handle.read(into, done, length, offset + done)).bytesRead
  } catch (cause) {
    throw new OstroError(
      'disk',
      `${path}: reading at byte ${offset + done} failed (${systemCode(cause)}).`,
      { path, offset },
      { cause },
    )
  }
}

function systemCode(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
}

/**
 * Reads the header of a GGUF file front to back through a window, checking every step against the length of the file before
 * anything is allocated. `need` is the only asynchronous step and is rarely needed, so large headers parse at memory speed.
 */
import { OstroError, type ErrorCode } from '../../util/error.ts'
import type { ByteSource } from '../source.ts'
import { decodeText } from './gguf-strings.ts'

export interface HeaderCursor {
  /** What is being read ('key "general.name"'), for messages. */
  subject: string
  readonly position: number
  readonly remaining: number
  /** Makes the next `count` bytes available to the synchronous readers. Undefined where they are already. */
  need(count: number): Promise<void> | undefined
  u8(): number
  u32(): number
  f32(): number
  f64(): number
  i64(): bigint
  u64(): bigint
  /** A u64 that counts something: bytes, entries. @throws OstroError 'invalid-file' beyond the safe integers */
  count(what: string): number
  /** Text of `count` bytes that `need` made available. */
  text(count: number): string
  /** Skips bytes; they may lie beyond the window. */
  skip(count: number): void
  /** Reads the bytes [offset, offset + into.length) of the file; the position stays. */
  copy(offset: number, into: Uint8Array): Promise<void>
  fail(expected: string, code?: ErrorCode, at?: number): OstroError
}

const firstWindowBytes = 256 * 1024
/** The window doubles up to this, so that small headers cost little and large ones few reads. */
export const largestWindowBytes = 4 * 1024 * 1024

export function headerCursor(source: ByteSource, signal?: AbortSignal): HeaderCursor {
  let window = new Uint8Array(0)
  let view = new DataView(window.buffer)
  let windowStart = 0
  let position = 0
  let windowBytes = firstWindowBytes

  async function fill(count: number): Promise<void> {
    const kept = window.subarray(Math.min(position - windowStart, window.length))
    const next = new Uint8Array(Math.min(Math.max(windowBytes, count), source.sizeBytes - position))
    windowBytes = Math.min(windowBytes * 2, largestWindowBytes)
    next.set(kept)
    await source.read(position + kept.length, next.subarray(kept.length), signal)
    window = next
    view = new DataView(next.buffer)
    windowStart = position
  }

  function take(count: number): number {
    const at = position - windowStart
    position += count
    return at
  }

  const cursor: HeaderCursor = {
    subject: 'header',
    get position() {
      return position
    },
    get remaining() {
      return source.sizeBytes - position
    },
    need(count) {
      if (position + count <= windowStart + window.length) return undefined
      if (count > source.sizeBytes - position) {
        throw cursor.fail(`${count} more bytes expected, the file has ${source.sizeBytes - position}`)
      }
      return fill(count)
    },
    u8: () => window[take(1)],
    u32: () => view.getUint32(take(4), true),
    f32: () => view.getFloat32(take(4), true),
    f64: () => view.getFloat64(take(8), true),
    i64: () => view.getBigInt64(take(8), true),
    u64: () => view.getBigUint64(take(8), true),
    count(what) {
      const at = take(8)
      const low = view.getUint32(at, true)
      const high = view.getUint32(at + 4, true)
      if (high >= 0x200000) {
        throw cursor.fail(
          `${what} below 2^53 expected, got ${view.getBigUint64(at, true)}`,
          'invalid-file',
          position - 8,
        )
      }
      return high * 0x100000000 + low
    },
    text(count) {
      const at = take(count)
      return decodeText(window.subarray(at, at + count))
    },
    skip(count) {
      position += count
    },
    async copy(offset, into) {
      const at = offset - windowStart
      if (at >= 0 && at + into.length <= window.length) into.set(window.subarray(at, at + into.length))
      else await source.read(offset, into, signal)
    },
    fail(expected, code = 'invalid-file', at = position) {
      const advice =
        code === 'unsupported'
          ? 'A newer Ostro may read it.'
          : 'The file is corrupt or cut: get it again from its source.'
      return new OstroError(code, `GGUF ${source.name}, ${cursor.subject}, byte ${at}: ${expected}. ${advice}`, {
        file: source.name,
        subject: cursor.subject,
        byteOffset: at,
      })
    },
  }
  return cursor
}

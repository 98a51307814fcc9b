/** A page as one stretch of bytes: its parts (keys and values of each layer and head) one after the other. */
import { OstroError } from '../util/error.ts'

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

export function joinBytes(parts: readonly ArrayBufferView[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(bytesOf(part), offset)
    offset += part.byteLength
  }
  return bytes
}

/** The opposite. @throws OstroError `invalid-argument` where the bytes are not of as many as the parts */
export function splitBytes(bytes: Uint8Array, parts: readonly ArrayBufferView[]): void {
  const sizeBytes = parts.reduce((sum, { byteLength }) => sum + byteLength, 0)
  if (bytes.length !== sizeBytes) {
    throw new OstroError(
      'invalid-argument',
      `cache pages: expected ${sizeBytes} bytes of a page, got ${bytes.length}. Both programs must keep equal caches.`,
    )
  }
  let offset = 0
  for (const part of parts) {
    bytesOf(part).set(bytes.subarray(offset, offset + part.byteLength))
    offset += part.byteLength
  }
}

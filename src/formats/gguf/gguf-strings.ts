/**
 * An array of strings as it lies in the file: vocabularies have hundreds of thousands of entries, and most readers want only
 * their bytes or a few of them. Text is decoded when asked for.
 */
export interface GgufStrings extends Iterable<string> {
  readonly length: number
  /** Entry `index` as text; broken UTF-8 becomes U+FFFD (`bytesAt` has the bytes). */
  at(index: number): string
  /** A view. */
  bytesAt(index: number): Uint8Array
  toArray(): string[]
}

// ignoreBOM: a token may be U+FEFF itself.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Bytes of the length that stands before each string. */
export const lengthBytes = 8

/** Wraps the raw bytes of an array: each string with its 8-byte length before it, string `i` starting at `starts[i]`. */
export function ggufStrings(raw: Uint8Array, starts: Uint32Array): GgufStrings {
  const length = starts.length - 1
  const bytesAt = (index: number): Uint8Array => {
    if (!(index >= 0 && index < length)) throw new RangeError(`entry 0 to ${length - 1} expected, got ${index}`)
    return raw.subarray(starts[index], starts[index + 1] - lengthBytes)
  }
  const at = (index: number): string => decodeText(bytesAt(index))
  return {
    length,
    at,
    bytesAt,
    toArray: () => decodeTogether(raw, starts) ?? Array.from({ length }, (_, index) => at(index)),
    *[Symbol.iterator]() {
      for (let index = 0; index < length; index++) yield at(index)
    },
  }
}

const strictDecoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })
const separator = '\u001e'
// Well below the longest string that engines hold.
const mostTogetherBytes = 64 * 1024 * 1024

/**
 * Decodes all entries in one call and splits the text: several times faster than a call for each of 262,144 tokens. Undefined
 * where an entry is not UTF-8 by itself or holds the separator.
 */
function decodeTogether(raw: Uint8Array, starts: Uint32Array): string[] | undefined {
  const length = starts.length - 1
  if (length === 0 || raw.length > mostTogetherBytes) return undefined
  const bytes = new Uint8Array(raw.length - length * (lengthBytes - 1))
  let end = 0
  for (let index = 0; index < length; index++) {
    const until = starts[index + 1] - lengthBytes
    for (let at = starts[index]; at < until; at++) bytes[end++] = raw[at]
    bytes[end++] = separator.charCodeAt(0)
  }
  try {
    const texts = strictDecoder.decode(bytes.subarray(0, end - 1)).split(separator)
    return texts.length === length ? texts : undefined
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

export function isGgufStrings(value: unknown): value is GgufStrings {
  return typeof value === 'object' && value !== null && 'bytesAt' in value
}

export function decodeText(bytes: Uint8Array): string {
  // Most tokens are a few ASCII letters, for which a call into the decoder costs more than the text.
  if (bytes.length <= 16) {
    let text = ''
    let index = 0
    for (; index < bytes.length && bytes[index] < 0x80; index++) text += String.fromCharCode(bytes[index])
    if (index === bytes.length) return text
  }
  return decoder.decode(bytes)
}

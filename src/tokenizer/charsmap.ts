/**
 * SentencePiece's precompiled character map: replaces the longest known prefix at each place (NFKC and the like).
 * Layout: byte length of a double-array trie (u32), its units (u32 each, Darts-clone), then zero-terminated UTF-8 replacements.
 */
import { OstroError } from '../util/error.ts'

/** @throws OstroError('invalid-file') when the sizes do not fit */
export function readCharsmap(blob: Uint8Array): (text: string) => string {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
  const trieBytes = blob.byteLength >= 4 ? view.getUint32(0, true) : Infinity
  if (trieBytes % 4 !== 0 || trieBytes + 4 > blob.byteLength) {
    throw new OstroError(
      'invalid-file',
      `tokenizer: the character map of ${blob.byteLength} bytes declares a trie of ${trieBytes}. The file is damaged.`,
    )
  }
  const units = new Uint32Array(trieBytes / 4)
  for (let i = 0; i < units.length; i++) units[i] = view.getUint32(4 + i * 4, true)
  const replacements = blob.subarray(4 + trieBytes)
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const encoder = new TextEncoder()

  /** Length of the longest prefix at `from` in the map and where its replacement starts. */
  function longest(bytes: Uint8Array, from: number): { length: number; at: number } | undefined {
    let found: { length: number; at: number } | undefined
    let node = units.length > 0 ? offsetOf(units[0]) : units.length
    for (let i = from; i < bytes.length; i++) {
      node ^= bytes[i]
      const unit = node < units.length ? units[node] : 0
      // The low byte is the label; a leaf has the top bit set, which no label has.
      if ((unit & 0x800000ff) >>> 0 !== bytes[i]) break
      node ^= offsetOf(unit)
      if ((unit >>> 8) & 1 && node < units.length) found = { length: i + 1 - from, at: units[node] & 0x7fffffff }
    }
    return found
  }

  function replacementAt(at: number): string {
    const end = replacements.indexOf(0, at)
    return decoder.decode(replacements.subarray(at, end < 0 ? replacements.length : end))
  }

  return (text) => {
    const bytes = encoder.encode(text)
    let result = ''
    for (let i = 0; i < bytes.length;) {
      const match = longest(bytes, i)
      if (match) {
        result += replacementAt(match.at)
        i += match.length
        continue
      }
      const length = bytes[i] < 0x80 ? 1 : bytes[i] < 0xe0 ? 2 : bytes[i] < 0xf0 ? 3 : 4
      result += decoder.decode(bytes.subarray(i, i + length))
      i += length
    }
    return result
  }
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6)
}

/** A byte-level vocabulary of any size: the 256 bytes, one merge, fillers that no text produces, and an end token. */

export interface ByteLevelVocabulary {
  readonly tokens: readonly string[]
  /** As GGUF numbers them: 1 normal, 3 control. */
  readonly types: Int32Array
  readonly merges: readonly string[]
  readonly endId: number
}

/** `controls` are further control tokens, before the end token. */
export function byteLevelVocabulary(size: number, controls: readonly string[] = []): ByteLevelVocabulary {
  const tokens = [...byteCharacters(), 'ab']
  while (tokens.length < size - 1 - controls.length) tokens.push(`filler${tokens.length}`)
  tokens.push(...controls, '<|end|>')
  const endId = size - 1
  const types = new Int32Array(size).fill(1).fill(3, endId - controls.length)
  return { tokens, types, merges: ['a b'], endId }
}

/** GPT-2's printable stand-ins for the 256 bytes. */
function byteCharacters(): string[] {
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
    return String.fromCodePoint(printable ? byte : next++)
  })
}

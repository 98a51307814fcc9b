/** The 256 printable characters that byte-level vocabularies use for bytes (GPT-2's alphabet). */

/** `BYTE_TO_CHARACTER[byte]` is the character that stands for the byte. */
export const BYTE_TO_CHARACTER: readonly string[] = alphabet()

/** Code unit -> byte, or -1 where the character stands for no byte. All characters of the alphabet are below 0x200. */
const UNIT_TO_BYTE = invert(BYTE_TO_CHARACTER)

/** The bytes of a token of a byte-level vocabulary; undefined when a character is outside the alphabet. */
export function byteLevelBytes(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length)
  for (let i = 0; i < token.length; i++) {
    const unit = token.charCodeAt(i)
    const byte = unit < UNIT_TO_BYTE.length ? UNIT_TO_BYTE[unit] : -1
    if (byte < 0) return undefined
    bytes[i] = byte
  }
  return bytes
}

function alphabet(): string[] {
  const characters: string[] = []
  let next = 256
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
    characters.push(String.fromCharCode(printable ? byte : next++))
  }
  return characters
}

function invert(characters: readonly string[]): Int16Array {
  const bytes = new Int16Array(0x200).fill(-1)
  for (const [byte, character] of characters.entries()) bytes[character.charCodeAt(0)] = byte
  return bytes
}

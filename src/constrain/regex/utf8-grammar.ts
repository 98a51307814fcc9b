/** A character automaton with UTF-8 bytes on the outside. */
import type { FreeRun, Grammar, State } from '../grammar.ts'
import type { CharacterState } from './character-automaton.ts'

/** The language of texts that lead `start` to an end. */
export function utf8Grammar(start: CharacterState): Grammar {
  return { start: byteState(start) }
}

const NO_BYTES = new Uint8Array(0)
const states = new WeakMap<CharacterState, ByteState>()

function byteState(characters: CharacterState): ByteState {
  let state = states.get(characters)
  if (!state) states.set(characters, (state = new ByteState(characters)))
  return state
}

/** Between two characters. */
class ByteState implements State {
  readonly canEnd: boolean
  private readonly characters: CharacterState
  private readonly after: (State | null | undefined)[] = []
  private run: FreeRun | undefined | null = null

  constructor(characters: CharacterState) {
    this.characters = characters
    this.canEnd = characters.canEnd
  }

  next(byte: number): State | undefined {
    const known = this.after[byte]
    if (known !== undefined) return known ?? undefined
    const next = this.step(byte)
    this.after[byte] = next ?? null
    return next
  }

  closing(): Uint8Array {
    return encode(this.characters.shortest())
  }

  get freeRun(): FreeRun | undefined {
    if (this.run === null) {
      const exits = this.characters.loopExits
      this.run = exits && { exits, maxCharacters: Infinity, isUniform: true }
    }
    return this.run
  }

  private step(byte: number): State | undefined {
    if (byte < 0x80) {
      const next = this.characters.next(byte)
      return next && byteState(next)
    }
    const length = byte < 0xc2 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 0
    if (length === 0) return undefined
    return partial(this.characters, byte & (0x7f >> length), length - 1, length)
  }
}

/** Within a character: `prefix` are the bits read, `missing` the bytes to come, `length` those of the whole. */
function partial(characters: CharacterState, prefix: number, missing: number, length: number): State | undefined {
  // Overlong forms are no characters, and surrogates and what is above U+10FFFF never match.
  const first = Math.max(prefix << (6 * missing), length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000)
  const last = Math.min(((prefix + 1) << (6 * missing)) - 1, 0x10ffff)
  if (first > last || !characters.allowsAny(first, last)) return undefined
  const after: (State | null | undefined)[] = []
  return {
    canEnd: false,
    next(byte) {
      if (byte < 0x80 || byte > 0xbf) return undefined
      const known = after[byte - 0x80]
      if (known !== undefined) return known ?? undefined
      const bits = (prefix << 6) | (byte & 0x3f)
      const next = missing === 1 ? whole(characters, bits, length) : partial(characters, bits, missing - 1, length)
      after[byte - 0x80] = next ?? null
      return next
    },
    closing() {
      const shortest = characters.shortestFrom(first, last)
      // The bytes of the first character that were read already are left out.
      return shortest ? encode(shortest).subarray(length - missing) : NO_BYTES
    },
  }
}

function whole(characters: CharacterState, code: number, length: number): State | undefined {
  if (code < (length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000) || code > 0x10ffff) return undefined
  const next = characters.next(code)
  return next && byteState(next)
}

function encode(codes: readonly number[]): Uint8Array {
  // In pieces: a call takes only so many arguments.
  let text = ''
  for (const code of codes) text += String.fromCodePoint(code)
  return new TextEncoder().encode(text)
}

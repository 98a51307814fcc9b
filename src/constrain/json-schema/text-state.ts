/** Inside the quotes of a JSON string: UTF-8 and escapes become characters, which a sink judges. */
import type { CharacterRun, FreeRun, State } from '../grammar.ts'
import { encode, joined } from './json-state.ts'
import { jsonExits } from './text-characters.ts'

/** What a string's characters go to. */
export interface TextSink {
  next(code: number): TextSink | undefined
  /** Whether some character of `first..last` may come next; may be wrong about yes. */
  allowsAny(first: number, last: number): boolean
  /** The state after the closing quote; undefined where the text may not end. */
  end(): State | undefined
  /** Characters of a short way to an end. */
  closing(): readonly number[] | undefined
  /** Further ways, where that one is not to the liking of what stands around. */
  otherClosings(): Iterable<readonly number[]>
  readonly exits: ReadonlySet<number> | undefined
  readonly room: number
  /** What decides about characters, where it is worth telling them apart by kind. */
  readonly characterRun: CharacterRun | undefined
  /** Texts on whose way it does not hold. */
  readonly runExceptions: readonly string[]
  /** Texts after whose beginnings other things may follow than after any other run. Undefined where that depends on more. */
  readonly exceptions: readonly string[] | undefined
  /** Whether other texts lead to this very object, so that what follows is worth remembering. */
  readonly recurs: boolean
  /** Whether the next character may be written with a backslash. */
  readonly mayEscape: boolean
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LOWER_U = 0x75
const escapes: ReadonlyMap<number, number> = new Map(
  [...'"\\/bfnrt'].map((letter, index) => [letter.charCodeAt(0), '"\\/\b\f\n\r\t'.charCodeAt(index)]),
)
const highSurrogates = 0xd800
const lowSurrogates = 0xdc00
const afterSurrogates = 0xe000
const lastCode = 0x10ffff

/** Between two characters. */
export class TextState implements State {
  readonly canEnd = false
  readonly sink: TextSink
  private run: FreeRun | undefined | null = null
  private ended: State | undefined | null = null
  private escape: State | undefined
  /** By ASCII code: null where nothing follows. */
  private following: (State | null | undefined)[] | undefined

  constructor(sink: TextSink) {
    this.sink = sink
  }

  next(byte: number): State | undefined {
    if (byte === QUOTE) return (this.ended = this.ended === null ? this.sink.end() : this.ended)
    if (byte === BACKSLASH)
      return this.sink.mayEscape && this.sink.allowsAny(0, lastCode)
        ? (this.escape ??= new EscapeState(this))
        : undefined
    if (byte < 0x20) return undefined
    if (byte < 0x80) return this.after(byte)
    const length = byte < 0xc2 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 0
    return length === 0 ? undefined : partial(this, byte & (0x7f >> length), length - 1, length)
  }

  after(code: number): State | undefined {
    const known = this.following?.[code]
    if (known !== undefined) return known ?? undefined
    const sink = this.sink.next(code)
    const state = sink === this.sink ? this : sink && stateOf(sink)
    if (this.sink.recurs && code < 0x80) (this.following ??= [])[code] = state ?? null
    return state
  }

  closing(): Uint8Array | undefined {
    const codes = this.sink.closing()
    const closing = codes && this.closingAfter(codes, (text) => text)
    if (closing !== undefined) return closing
    for (const others of this.sink.otherClosings()) {
      const other = this.closingAfter(others, (text) => text)
      if (other !== undefined) return other
    }
    return undefined
  }

  /** Closing by these characters; `cut` takes away what of the first one is written already. */
  closingAfter(codes: readonly number[], cut: (text: Uint8Array) => Uint8Array): Uint8Array | undefined {
    let sink: TextSink | undefined = this.sink
    for (const code of codes) sink = sink?.next(code)
    const after = sink?.end()
    if (after === undefined) return undefined
    let text = ''
    for (const code of codes) text += written(code)
    return joined(cut(encode(`${text}"`)), after)
  }

  get characterRun(): CharacterRun | undefined {
    return this.sink.characterRun
  }

  get runExceptions(): readonly Uint8Array[] {
    return this.sink.runExceptions.map((text) => runOf(text, this.sink.characterRun?.exits ?? new Set()))
  }

  get within(): State['within'] {
    const run = this.freeRun
    const isFree = run?.exits === jsonExits && (run.isUniform === true || run.maxCharacters === Infinity)
    return isFree && this.sink !== endless ? { inside: insideFreeText, exit: QUOTE } : undefined
  }

  get freeRun(): FreeRun | undefined {
    if (this.run === null) {
      const { exits, room, exceptions } = this.sink
      this.run =
        exits && room > 0
          ? {
              exits,
              maxCharacters: room,
              isUniform: exceptions !== undefined,
              exceptions: exceptions?.map((text) => runOf(text, exits)),
            }
          : undefined
    }
    return this.run
  }
}

/** A text of any characters that has no end. */
const endless: TextSink = {
  next: () => endless,
  allowsAny: () => true,
  end: () => undefined,
  closing: () => undefined,
  otherClosings: () => [],
  exits: jsonExits,
  room: Infinity,
  characterRun: undefined,
  runExceptions: [],
  exceptions: [],
  recurs: true,
  mayEscape: true,
}
const insideFreeText: State = new TextState(endless)

/** What of a text stands before the first exit. */
function runOf(text: string, exits: ReadonlySet<number>): Uint8Array {
  const bytes = encode(text)
  const end = bytes.findIndex((byte) => exits.has(byte))
  return end < 0 ? bytes : bytes.subarray(0, end)
}

const recurring = new WeakMap<TextSink, TextState>()

function stateOf(sink: TextSink): TextState {
  if (!sink.recurs) return new TextState(sink)
  let state = recurring.get(sink)
  if (state === undefined) recurring.set(sink, (state = new TextState(sink)))
  return state
}

/** A character as it stands in a string, escaped where it has to be. */
function written(code: number): string {
  return JSON.stringify(String.fromCodePoint(code)).slice(1, -1)
}

/** Within a UTF-8 character: `bits` read, `missing` bytes to come of `length`. */
function partial(text: TextState, bits: number, missing: number, length: number): State | undefined {
  // Overlong forms and surrogates are no characters.
  const least = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000
  const first = Math.max(bits << (6 * missing), least)
  const last = Math.min(((bits + 1) << (6 * missing)) - 1, lastCode)
  if (first > last || (first >= highSurrogates && last < afterSurrogates)) return undefined
  if (!text.sink.allowsAny(first, last)) return undefined
  return {
    canEnd: false,
    next(byte) {
      if (byte < 0x80 || byte > 0xbf) return undefined
      const more = (bits << 6) | (byte & 0x3f)
      if (missing > 1) return partial(text, more, missing - 1, length)
      return isCharacter(more) && more >= least ? text.after(more) : undefined
    },
    closing: () => closingWithin(text, first, last, (bytes) => bytes.subarray(length - missing)),
  }
}

function isCharacter(code: number): boolean {
  return code < highSurrogates || (code >= afterSurrogates && code <= lastCode)
}

/** A short end that begins with a character of a range. */
function closingWithin(
  text: TextState,
  first: number,
  last: number,
  cut: (bytes: Uint8Array) => Uint8Array,
): Uint8Array | undefined {
  for (const code of codesWithin(text.sink, first, last)) {
    const rest = text.sink.next(code)?.closing()
    const closing = rest && text.closingAfter([code, ...rest], cut)
    if (closing !== undefined) return closing
  }
  return undefined
}

/** A few legal characters of a range, found by halving. */
function* codesWithin(sink: TextSink, first: number, last: number): Iterable<number> {
  if (!sink.allowsAny(first, last)) return
  if (last - first < 64) {
    for (let code = first; code <= last; code++) if (isCharacter(code) && sink.next(code) !== undefined) yield code
    return
  }
  const middle = (first + last) >> 1
  yield* codesWithin(sink, first, middle)
  yield* codesWithin(sink, middle + 1, last)
}

/** After a backslash. */
class EscapeState implements State {
  readonly canEnd = false
  private readonly text: TextState

  constructor(text: TextState) {
    this.text = text
  }

  next(byte: number): State | undefined {
    if (byte === LOWER_U) return hexState(this.text, 0, 4, undefined)
    const code = escapes.get(byte)
    return code === undefined ? undefined : this.text.after(code)
  }

  closing(): Uint8Array | undefined {
    for (const [letter, code] of escapes) {
      const after = this.text.after(code)
      const closing = after && joined(Uint8Array.of(letter), after)
      if (closing !== undefined) return closing
    }
    const unit = this.next(LOWER_U)
    return unit && joined(Uint8Array.of(LOWER_U), unit)
  }
}

/** Within the four digits of `\u`, after the `high` surrogate if there was one. */
function hexState(text: TextState, bits: number, missing: number, high: number | undefined): State | undefined {
  const first = bits << (4 * missing)
  const last = ((bits + 1) << (4 * missing)) - 1
  if (!allowsUnit(text.sink, first, last, high)) return undefined
  return {
    canEnd: false,
    next(byte) {
      const digit = hexDigit(byte)
      if (digit === undefined) return undefined
      const more = (bits << 4) | digit
      if (missing > 1) return hexState(text, more, missing - 1, high)
      if (high !== undefined)
        return more >= lowSurrogates && more < afterSurrogates ? text.after(pair(high, more)) : undefined
      if (more >= highSurrogates && more < lowSurrogates) {
        return allowsUnit(text.sink, lowSurrogates, afterSurrogates - 1, more) ? lowState(text, more) : undefined
      }
      return isCharacter(more) ? text.after(more) : undefined
    },
    closing() {
      if (high !== undefined) {
        const from = pair(high, Math.max(first, lowSurrogates))
        const to = pair(high, Math.min(last, afterSurrogates - 1))
        return closingUnit(text, from, to, (code) => hex(((code - 0x10000) % 0x400) + lowSurrogates).slice(4 - missing))
      }
      const plain = closingUnit(text, first, last, (code) => hex(code).slice(4 - missing))
      if (plain !== undefined || last < highSurrogates || first >= lowSurrogates) return plain
      const units = [Math.max(first, highSurrogates), Math.min(last, lowSurrogates - 1)]
      return closingUnit(text, pair(units[0], lowSurrogates), pair(units[1], afterSurrogates - 1), (code) => {
        const rest = code - 0x10000
        return `${hex((rest >> 10) + highSurrogates).slice(4 - missing)}\\u${hex((rest & 0x3ff) + lowSurrogates)}`
      })
    },
  }
}

/** A closing that writes its first character, one of `first..last`, as hexadecimal digits. */
function closingUnit(
  text: TextState,
  first: number,
  last: number,
  digits: (code: number) => string,
): Uint8Array | undefined {
  for (const code of codesWithin(text.sink, first, last)) {
    const after = text.after(code)
    const closing = after && joined(encode(digits(code)), after)
    if (closing !== undefined) return closing
  }
  return undefined
}

/** Between the halves of a pair: `\u` has to follow. */
function lowState(text: TextState, high: number): State {
  const before = (letters: string): State => ({
    canEnd: false,
    next(byte) {
      if (byte !== letters.charCodeAt(0)) return undefined
      return letters.length > 1 ? before(letters.slice(1)) : hexState(text, 0, 4, high)
    },
    closing() {
      const unit = hexState(text, 0, 4, high)
      return unit && joined(encode(letters), unit)
    },
  })
  return before('\\u')
}

/** Whether some code unit of `first..last` leads to a legal character. */
function allowsUnit(sink: TextSink, first: number, last: number, high: number | undefined): boolean {
  if (high !== undefined) {
    const from = Math.max(first, lowSurrogates)
    const to = Math.min(last, afterSurrogates - 1)
    return from <= to && sink.allowsAny(pair(high, from), pair(high, to))
  }
  const below = first < highSurrogates && sink.allowsAny(first, Math.min(last, highSurrogates - 1))
  if (below || (last >= afterSurrogates && sink.allowsAny(Math.max(first, afterSurrogates), last))) return true
  const from = Math.max(first, highSurrogates)
  const to = Math.min(last, lowSurrogates - 1)
  return from <= to && sink.allowsAny(pair(from, lowSurrogates), pair(to, afterSurrogates - 1))
}

function pair(high: number, low: number): number {
  return 0x10000 + ((high - highSurrogates) << 10) + (low - lowSurrogates)
}

function hex(unit: number): string {
  return unit.toString(16).padStart(4, '0')
}

function hexDigit(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined
}

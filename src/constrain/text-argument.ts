/** Texts of any grammar as the one member of a JSON object, which is how a tool that takes a text is called. */
import type { Grammar, State } from './grammar.ts'
import { encode, FixedState } from './json-schema/json-state.ts'
import { jsonExits } from './json-schema/text-characters.ts'
import { TextState, type TextSink } from './json-schema/text-state.ts'

const SPACE = 0x20
const encoder = new TextEncoder()

/** `{"key": "..."}`, compact or with a space behind the colon, where the string is a text of `inner` in any escaping of JSON. */
export function compileTextArgument(key: string, inner: Grammar): Grammar {
  const sinks = new WeakMap<State, TextSink>()
  const sinkOf = (state: State): TextSink => {
    let sink = sinks.get(state)
    if (sink === undefined) sinks.set(state, (sink = createSink(state, sinkOf)))
    return sink
  }
  const text = new TextState(sinkOf(inner.start))
  const value = new FixedState(encode('"'), 0, () => text)
  return { start: new FixedState(encode(`{${JSON.stringify(key)}:`), 0, () => afterColon(value)) }
}

function afterColon(value: State): State {
  return {
    canEnd: false,
    next: (byte) => (byte === SPACE ? value : value.next(byte)),
    closing: () => value.closing(),
  }
}

const ended: State = { canEnd: true, next: () => undefined, closing: () => new Uint8Array(0) }

/** Between two characters of the inner text. */
function createSink(state: State, sinkOf: (state: State) => TextSink): TextSink {
  const run = state.freeRun
  return {
    next: (code) => {
      let at: State | undefined = state
      for (const byte of encoder.encode(String.fromCodePoint(code))) at = at?.next(byte)
      return at && sinkOf(at)
    },
    allowsAny: (first, last) => lengths.some((length) => leadsInto(state, length, first, last)),
    end: () => (state.canEnd ? new FixedState(encode('}'), 0, () => ended) : undefined),
    closing: () => {
      const way = state.canEnd ? new Uint8Array(0) : state.closing()
      return way && Array.from(new TextDecoder().decode(way), (character) => character.codePointAt(0) as number)
    },
    otherClosings: () => [],
    exits: run && exitsWith(run.exits),
    room: run?.maxCharacters ?? 0,
    characterRun: undefined,
    runExceptions: [],
    exceptions: undefined,
    recurs: true,
    mayEscape: true,
  }
}

/** Bytes of a character, with the least and greatest code of that length and the marks of its first byte. */
const lengths = [
  { bytes: 1, first: 0, last: 0x7f, lead: 0 },
  { bytes: 2, first: 0x80, last: 0x7ff, lead: 0xc0 },
  { bytes: 3, first: 0x800, last: 0xffff, lead: 0xe0 },
  { bytes: 4, first: 0x10000, last: 0x10ffff, lead: 0xf0 },
] as const

/** Whether a character of `from..to` that takes so many bytes is legal; what one byte refuses is not looked into. */
function leadsInto(state: State, length: (typeof lengths)[number], from: number, to: number): boolean {
  const { bytes, first, last, lead } = length
  const step = (at: State, missing: number, low: number, high: number, base: number): boolean => {
    if (low > high) return false
    if (missing === 0) return true
    const shift = 6 * (missing - 1)
    for (let part = low >> shift; part <= high >> shift; part++) {
      const next = at.next(missing === bytes ? base | part : 0x80 | (part & 0x3f))
      const start = part << shift
      const end = start + (1 << shift) - 1
      if (next !== undefined && step(next, missing - 1, Math.max(low, start), Math.min(high, end), base)) return true
    }
    return false
  }
  return step(state, bytes, Math.max(first, from), Math.min(last, to), lead)
}

const joinedExits = new WeakMap<ReadonlySet<number>, ReadonlySet<number>>()

/** What ends a run in the inner text or is written otherwise in JSON. The same set for the same one. */
function exitsWith(own: ReadonlySet<number>): ReadonlySet<number> {
  let exits = joinedExits.get(own)
  if (exits === undefined) joinedExits.set(own, (exits = new Set([...own, ...jsonExits])))
  return exits
}

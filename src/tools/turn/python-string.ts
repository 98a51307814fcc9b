/** A string in Python's quotes: `'it\'s'`, `"so"`. */
import type { State } from '../../constrain/grammar.ts'
import { feed, type Json, type JsonNode, latinBytes, makeNode, narrowedRun } from './json-node.ts'
import { escapeJson, unescapeJson } from './raw-string.ts'
import { arrive, joinBytes, type Node, type Read, readArguments } from './state.ts'

/** What stands behind a backslash, and the JSON that it means. */
const escapes: ReadonlyMap<string, string> = new Map([
  ...['n', 't', 'r', 'b', 'f', '\\', '"'].map((letter) => [letter, `\\${letter}`] as const),
  ["'", "'"],
])

const readNothing: Read = { part: 'arguments', held: 0, json: () => '' }
const readQuote: Read = { part: 'arguments', held: 0, json: () => '"' }
const readEscapedQuote: Read = { part: 'arguments', held: 0, json: () => '\\"' }
const escapeReads = new Map([...escapes.values()].map((json) => [json, { ...readNothing, json: () => json } as Read]))

/** Both quotes, since a double one is escaped in JSON; backslash and control characters. The same set each time. */
const exits: ReadonlySet<number> = new Set([0x22, 0x27, 0x5c, 0x7f, ...Array.from({ length: 0x20 }, (_, byte) => byte)])

/** The inside of a string from `start`, behind its quote, and the closing `quote`. */
export function pythonString(start: State, quote: string, after: (state: State) => JsonNode): JsonNode {
  const inside = new WeakMap<State, JsonNode>()
  const nodeAt = (state: State): JsonNode => {
    let node = inside.get(state)
    if (node === undefined) inside.set(state, (node = makeNode(placeOf(state), state, (rest) => write(state, rest))))
    return node
  }
  const placeOf = (state: State): Node => ({
    step: (byte) => {
      const character = String.fromCharCode(byte)
      if (character === quote) {
        const closed = feed(state, '"')
        return closed && arrive(after(closed), readQuote)
      }
      if (character === '\\') {
        const leadsOn = [...escapes.values()].some((json) => feed(state, json) !== undefined)
        return leadsOn ? arrive(escaped(state), readNothing) : undefined
      }
      const next = feed(state, character === '"' ? '\\"' : character)
      return byte < 0x20
        ? undefined
        : next && arrive(nodeAt(next), character === '"' ? readEscapedQuote : readArguments)
    },
    canEnd: false,
    closing: () => undefined,
    freeRun: narrowedRun(state.freeRun, exits),
  })
  const escaped = (state: State): Node => ({
    step: (byte) => {
      const json = escapes.get(String.fromCharCode(byte))
      const next = json === undefined ? undefined : feed(state, json)
      return next && arrive(nodeAt(next), escapeReads.get(json ?? '') ?? readNothing)
    },
    canEnd: false,
    closing: () => {
      for (const [letter, json] of escapes) {
        const next = feed(state, json)
        const rest = next && nodeAt(next).closing()
        if (rest !== undefined) return joinBytes(latinBytes(letter), rest)
      }
      return undefined
    },
  })
  const write = (state: State, rest: Json): Uint8Array | undefined => {
    const piece = /^(?:[^"\\]|\\.)*/s.exec(rest)?.[0] ?? ''
    const closed = feed(state, `${piece}"`)
    if (closed === undefined) return undefined
    const own = escapeJson(unescapeJson(piece)).replaceAll('\\"', '"').replaceAll(quote, `\\${quote}`)
    return joinBytes(latinBytes(own + quote), after(closed).write(rest.slice(piece.length + 1)))
  }
  return nodeAt(start)
}

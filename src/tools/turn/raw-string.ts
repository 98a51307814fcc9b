/** A string as its characters, up to a marker. Bytes that may be the marker's start are held back until it is clear. */
import type { State } from '../../constrain/grammar.ts'
import { feed, type Json, type JsonNode, latinBytes, makeNode, marked, narrowedRun } from './json-node.ts'
import { bytesOf, type Symbol } from './marker.ts'
import { arrive, joinBytes, type Node, type Read } from './state.ts'

/** The characters of a JSON string from `start`, behind its quote, which is told with the first of them; then `close`. */
export function rawString(start: State, close: readonly Symbol[], after: (state: State) => JsonNode): JsonNode {
  const controlAt = close.findIndex((symbol) => typeof symbol === 'string')
  const spelled = controlAt < 0
  /** What can be held back: the whole marker, or its bytes before a control token. */
  const closeText = String.fromCharCode(...((spelled ? close : close.slice(0, controlAt)) as readonly number[]))
  const closedBy = (state: State): JsonNode =>
    spelled ? after(state) : marked(close.slice(controlAt + 1), () => after(state))
  const exits = exitsBefore(closeText.charCodeAt(0))
  const inside = new WeakMap<State, JsonNode>()

  /** `state` has read all bytes but the `open` ones; `quoted`: the quote is told. */
  const nodeAt = (state: State, quoted: boolean, open: string): JsonNode => {
    const recurs = quoted && open === ''
    const known = recurs ? inside.get(state) : undefined
    if (known !== undefined) return known
    const node = makeNode(placeOf(state, quoted, open), state, (rest) => write(state, open, rest))
    if (recurs) inside.set(state, node)
    return node
  }

  const placeOf = (state: State, quoted: boolean, open: string): Node => ({
    step: (byte) => {
      const text = open + String.fromCharCode(byte)
      const stillOpen = longestStart(text, closeText)
      const settled = text.slice(0, text.length - stillOpen.length)
      const next = feed(state, escapeJson(settled))
      if (next === undefined) return undefined
      const closed = feed(next, '"')
      if (spelled && stillOpen === closeText) {
        return closed && arrive(after(closed), readOf(!quoted, closeText.length, 'closes'))
      }
      if (stillOpen !== '' && closed === undefined && feed(next, escapeJson(stillOpen)) === undefined) return undefined
      const told = settled !== ''
      return arrive(nodeAt(next, quoted || told, stillOpen), readOf(!quoted && told, stillOpen.length, 'holds'))
    },
    stepControl: (text) => {
      const closed = text === close[controlAt] && open === closeText ? feed(state, '"') : undefined
      return closed && arrive(closedBy(closed), readOf(!quoted, closeText.length, 'closes'))
    },
    controls: !spelled && open === closeText && feed(state, '"') !== undefined ? [close[controlAt] as string] : [],
    canEnd: false,
    closing: () => undefined,
    freeRun: open === '' && quoted ? narrowedRun(state.freeRun, exits) : undefined,
  })

  const write = (state: State, open: string, rest: Json): Uint8Array | undefined => {
    const piece = /^(?:[^"\\]|\\.)*/s.exec(rest)?.[0] ?? ''
    const plain = unescapeJson(piece)
    if (plain !== '' && !plain.startsWith(open)) {
      const whole = feed(state, escapeJson(open))
      const closing = whole?.closing()
      return whole && closing && write(whole, '', String.fromCharCode(...closing))
    }
    const closed = feed(state, `${piece}"`)
    if (closed === undefined) return undefined
    const marker = bytesOf(close)
    const own = plain === '' ? marker.slice(open.length) : joinBytes(latinBytes(plain.slice(open.length)), marker)
    return joinBytes(own, after(closed).write(rest.slice(piece.length + 1)))
  }

  return nodeAt(start, false, '')
}

const exitSets = new Map<number, ReadonlySet<number>>()

/** What JSON escapes, and the marker's first byte (not a number where that is a control token). The same set each time. */
export function exitsBefore(first: number): ReadonlySet<number> {
  let exits = exitSets.get(first)
  if (exits === undefined) {
    exits = new Set([
      0x22,
      0x5c,
      0x7f,
      ...Array.from({ length: 0x20 }, (_, byte) => byte),
      ...(first >= 0 ? [first] : []),
    ])
    exitSets.set(first, exits)
  }
  return exits
}

const reads = new Map<string, Read>()

/** `closes`: the last `bytes` are the marker; `holds`: they are open. One object per reading, so that states recur. */
function readOf(tellsQuote: boolean, bytes: number, how: 'closes' | 'holds'): Read {
  const key = `${tellsQuote} ${bytes} ${how}`
  const known = reads.get(key)
  if (known !== undefined) return known
  const quote = tellsQuote ? '"' : ''
  const read: Read =
    how === 'closes'
      ? { part: 'arguments', held: 0, dropped: bytes, json: (own) => `${quote}${escapeJson(own)}"` }
      : { part: 'arguments', held: bytes, json: (own) => quote + escapeJson(own) }
  reads.set(key, read)
  return read
}

function longestStart(text: string, marker: string): string {
  for (let at = Math.max(0, text.length - marker.length); at < text.length; at++) {
    if (marker.startsWith(text.slice(at))) return text.slice(at)
  }
  return ''
}

/** Characters (or bytes as characters) as they stand within a JSON string. */
export function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** The bytes, as characters, that the inside of a JSON string stands for. */
export function unescapeJson(inside: Json): string {
  return inside.replaceAll(/(?:\\u[0-9a-fA-F]{4})+|\\./gs, (escape) =>
    String.fromCharCode(...new TextEncoder().encode(JSON.parse(`"${escape}"`) as string)),
  )
}

/** Values of arguments in notations of their own: strings raw, in Python's quotes or between markers; lists and objects of them. */
import type { State } from '../../constrain/grammar.ts'
import { feed, type JsonNode, latinBytes, makeNode, marked } from './json-node.ts'
import type { MemberNotation } from '../dialect.ts'
import { type Path, paths } from './marker.ts'
import type { After, MemberContext, ObjectFrame } from './member-context.ts'
import { pythonString } from './python-string.ts'
import { rawString } from './raw-string.ts'
import { arrive, joinBytes, lazily, type Node, type Read, readArguments } from './state.ts'

/** A value from `state` (its key and colon are fed), then `after`, which begins with the member's `valueClose`. */
export function valueNode(context: MemberContext, state: State, after: After): JsonNode {
  return context.notation.strings === 'raw'
    ? taggedValue(context, state, after)
    : structuredValue(context, state, after)
}

/** In tagged notations a string is its characters, and all else is JSON. Where a string is legal it is one, but for brackets. */
function taggedValue(context: MemberContext, state: State, after: After): JsonNode {
  const close = context.symbols(context.object.valueClose)
  const opened = feed(state, '"')
  const string = opened && rawString(opened, close, after)
  const json = jsonValue(state, { depth: 0, quoted: false, escaped: false }, (end) => marked(close, () => after(end)))
  const node: Node = {
    step: (byte) => {
      const bracket = (byte === 0x5b || byte === 0x7b) && state.next(byte) !== undefined
      return string === undefined || bracket ? json.step(byte) : string.step(byte)
    },
    stepControl: (text) => string?.stepControl?.(text),
    controls: string?.controls ?? [],
    canEnd: false,
    closing: () => undefined,
  }
  return makeNode(node, state, (rest) =>
    rest.startsWith('"') && string !== undefined ? string.write(rest.slice(1)) : json.write(rest),
  )
}

interface Scan {
  readonly depth: number
  readonly quoted: boolean
  readonly escaped: boolean
}

/** A JSON value as it is; what follows it at its own depth belongs to the notation. */
function jsonValue(state: State, scan: Scan, after: After): JsonNode {
  const { depth, quoted } = scan
  const isComplete = lazily(() => depth === 0 && !quoted && isMemberEnd(state))
  const node: Node = {
    step: (byte) => {
      const character = String.fromCharCode(byte)
      const inside = quoted || depth > 0 || !/[\s,}\]]/.test(character)
      const next = inside ? state.next(byte) : undefined
      if (next !== undefined) return arrive(jsonValue(next, scanned(scan, character), after), readArguments)
      return isComplete() ? after(state).step(byte) : undefined
    },
    stepControl: (text) => (isComplete() ? after(state).stepControl?.(text) : undefined),
    get controls() {
      return isComplete() ? (after(state).controls ?? []) : []
    },
    canEnd: false,
    closing: () => undefined,
  }
  return makeNode(node, state, (rest) => {
    let at = scan
    let length = 0
    while (length < rest.length && (at.depth > 0 || at.quoted || !/[\s,}\]]/.test(rest[length]))) {
      at = scanned(at, rest[length++])
    }
    const end = feed(state, rest.slice(0, length))
    return end && joinBytes(latinBytes(rest.slice(0, length)), after(end).write(rest.slice(length)))
  })
}

/** Whether a value is complete: JSON goes on with the next member or the end of the object. */
function isMemberEnd(state: State): boolean {
  return feed(state, ',') !== undefined || feed(state, '}') !== undefined
}

function scanned({ depth, quoted, escaped }: Scan, character: string): Scan {
  if (escaped) return { depth, quoted, escaped: false }
  if (quoted) return { depth, quoted: character !== '"', escaped: character === '\\' }
  if (character === '"') return { depth, quoted: true, escaped }
  const change = /[[{]/.test(character) ? 1 : /[\]}]/.test(character) ? -1 : 0
  return { depth: depth + change, quoted, escaped }
}

const tell = (json: string): Read => ({ part: 'arguments', held: 0, json: () => json })
const readQuote = tell('"')
const readComma = tell(',')

/** How words are written that are no strings. */
const pythonWords = { true: 'True', false: 'False', null: 'None' } as const
const plainWords = { true: 'true', false: 'false', null: 'null' } as const

function wordsOf({ strings, words }: MemberNotation): Readonly<Record<'true' | 'false' | 'null', string>> {
  return strings === 'python' && words === undefined ? pythonWords : plainWords
}

function structuredValue(context: MemberContext, state: State, memberEnd: After): JsonNode {
  const after: After = (end) => marked(context.symbols(context.object.valueClose), () => memberEnd(end))
  const node = lazily(() => structuredPaths(context, state, after))
  return makeNode(
    {
      step: (byte) => node().step(byte),
      stepControl: (text) => node().stepControl?.(text),
      get controls() {
        return node().controls ?? []
      },
      canEnd: false,
      closing: () => undefined,
    },
    state,
    (rest) => writeStructured(context, state, after, rest),
  )
}

function structuredPaths(context: MemberContext, state: State, after: After): Node {
  const { notation, symbols } = context
  const choices: Path[] = []
  const add = (written: string, json: string, then: (next: State) => Node, read: Read = tell(json)): void => {
    const next = feed(state, json)
    if (next !== undefined) choices.push({ symbols: symbols(written), then: () => then(next), read })
  }
  const words = wordsOf(notation)
  if (typeof notation.strings === 'object') {
    const { quote } = notation.strings
    // The string tells its own quote.
    add(quote, '"', (next) => rawString(next, symbols(quote), after), tell(''))
  } else {
    for (const quote of ["'", '"']) add(quote, '"', (next) => pythonString(next, quote, after), readQuote)
  }
  for (const [json, word] of Object.entries(words)) add(word, json, after)
  add('[', '[', (next) => listStart(context, next, after))
  add('{', '{', (next) => context.members({ ...context, object: nestedFrame(context) }, next, true, after))
  choices.push({ symbols: [], then: () => numberNode(state, false, after) })
  return paths(choices)
}

function writeStructured(context: MemberContext, state: State, after: After, rest: string): Uint8Array | undefined {
  const { notation, symbols } = context
  const behind = (written: string, json: string, then: (next: State) => JsonNode): Uint8Array | undefined => {
    const next = feed(state, json)
    return next && marked(symbols(written), () => then(next)).write(rest.slice(json.length))
  }
  if (rest.startsWith('"')) {
    const { strings } = notation
    if (typeof strings !== 'object') return behind("'", '"', (next) => pythonString(next, "'", after))
    return behind(strings.quote, '"', (next) => rawString(next, symbols(strings.quote), after))
  }
  if (rest.startsWith('[')) return behind('[', '[', (next) => listStart(context, next, after))
  if (rest.startsWith('{')) {
    return behind('{', '{', (next) => context.members({ ...context, object: nestedFrame(context) }, next, true, after))
  }
  const words = wordsOf(notation)
  for (const [json, word] of Object.entries(words)) if (rest.startsWith(json)) return behind(word, json, after)
  return numberNode(state, false, after).write(rest)
}

function numberNode(state: State, began: boolean, after: After): JsonNode {
  const node: Node = {
    step: (byte) => {
      const next = /[-+.eE0-9]/.test(String.fromCharCode(byte)) ? state.next(byte) : undefined
      if (next !== undefined) return arrive(numberNode(next, true, after), readArguments)
      return began ? after(state).step(byte) : undefined
    },
    stepControl: (text) => (began ? after(state).stepControl?.(text) : undefined),
    controls: began ? (after(state).controls ?? []) : [],
    canEnd: false,
    closing: () => undefined,
  }
  return makeNode(node, state, (rest) => {
    const piece = /^[-+.eE0-9]*/.exec(rest)?.[0] ?? ''
    const end = feed(state, piece)
    return end && joinBytes(latinBytes(piece), after(end).write(rest.slice(piece.length)))
  })
}

function listStart(context: MemberContext, state: State, after: After): JsonNode {
  const closed = feed(state, ']')
  const value = valueNode({ ...context, object: nestedFrame(context) }, state, (end) => listNext(context, end, after))
  const choices: Path[] = [{ symbols: [], then: () => value }]
  if (closed !== undefined) choices.push({ symbols: context.symbols(']'), then: () => after(closed), read: tell(']') })
  return makeNode(paths(choices), state, (rest) =>
    rest.startsWith(']') ? closeList(context, state, after, rest) : value.write(rest),
  )
}

function listNext(context: MemberContext, state: State, after: After): JsonNode {
  const { separator } = nestedFrame(context)
  const closed = feed(state, ']')
  const more = feed(state, ',')
  const value = (from: State): JsonNode =>
    valueNode({ ...context, object: nestedFrame(context) }, from, (end) => listNext(context, end, after))
  const choices: Path[] = []
  if (more !== undefined)
    choices.push({ symbols: context.symbols(separator), then: () => value(more), read: readComma })
  if (closed !== undefined) choices.push({ symbols: context.symbols(']'), then: () => after(closed), read: tell(']') })
  return makeNode(paths(choices), state, (rest) => {
    if (rest.startsWith(']')) return closeList(context, state, after, rest)
    const comma = /^, */.exec(rest)?.[0]
    const next = comma === undefined ? undefined : feed(state, comma)
    return next && marked(context.symbols(separator), () => value(next)).write(rest.slice(comma?.length ?? 0))
  })
}

function closeList(context: MemberContext, state: State, after: After, rest: string): Uint8Array | undefined {
  const closed = feed(state, ']')
  return closed && marked(context.symbols(']'), () => after(closed)).write(rest.slice(1))
}

function nestedFrame({ notation }: MemberContext): ObjectFrame {
  const python = notation.strings === 'python'
  return {
    separator: python ? ', ' : ',',
    keyOpen: python ? "'" : '',
    keyClose: python ? "': " : ':',
    valueClose: '',
    close: '}',
    top: false,
  }
}

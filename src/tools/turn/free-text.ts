/** Text and thinking: any bytes, but markers in them are seen while they are written, and what may be one is held back. */
import { bytesOf, marker, type Path, type Symbol } from './marker.ts'
import {
  arrive,
  joinBytes,
  noBytes,
  type Node,
  type Read,
  readMarker,
  readNothingYet,
  type TurnState,
} from './state.ts'

export interface FreeTextOptions {
  readonly part: 'text' | 'reasoning'
  /** What ends the text: a marker and where it leads. A marker that leads nowhere may not be written. */
  readonly exits: readonly { readonly symbols: readonly Symbol[]; readonly then: (() => Node) | undefined }[]
  readonly canEnd: boolean
  /** Most bytes; afterwards only the first exit is left. Default: no limit. */
  readonly maxBytes?: number | undefined
}

/** The node at the start of a free text. */
export function freeText({ part, exits, canEnd, maxBytes }: FreeTextOptions): Node {
  // Bytes before a control token can't be held back for it, so such a marker begins with its first control token.
  const spelled = exits.filter(({ symbols }) => symbols.every((symbol) => typeof symbol === 'number'))
  const patterns = spelled.map(({ symbols, then }) => ({ text: latin(symbols), then }))
  const withControl = exits.filter((exit) => !spelled.includes(exit))
  const controlOf = ({ symbols }: (typeof exits)[number]): string =>
    symbols.find((s) => typeof s === 'string') as string
  const controls = withControl.flatMap((exit) => (exit.then === undefined ? [] : [controlOf(exit)]))
  const freeExits = new Set(patterns.map(({ text }) => text.charCodeAt(0)))
  const first = exits.find(({ then }) => then !== undefined)
  const nodes = new Map<string, Node>()

  /** The node where `open` is the longest end of the text that could be the start of a marker. */
  const nodeAt = (open: string, left: number): Node => {
    const key = left === Infinity ? open : `${left} ${open}`
    const known = nodes.get(key)
    if (known !== undefined) return known
    const node = createNode(open, left)
    // A limited text counts its bytes, so its nodes are not met again.
    if (left === Infinity) nodes.set(key, node)
    return node
  }

  const createNode = (open: string, left: number): Node => {
    const steps = new Map<number, TurnState | undefined>()
    const stepAnew = (byte: number): TurnState | undefined => {
      const text = open + String.fromCharCode(byte)
      const exit = patterns.find((pattern) => text.endsWith(pattern.text))
      if (exit !== undefined) {
        const read: Read = { part, held: 0, dropped: exit.text.length }
        return exit.then === undefined ? undefined : arrive(exit.then(), read)
      }
      const stillOpen = longestOpen(text, patterns)
      if (left <= stillOpen.length - open.length) return undefined
      return arrive(nodeAt(stillOpen, left - 1), readOf(part, stillOpen.length))
    }
    return {
      step: (byte) => {
        if (left !== Infinity) return stepAnew(byte)
        if (!steps.has(byte)) steps.set(byte, stepAnew(byte))
        return steps.get(byte)
      },
      stepControl: (text) => {
        const exit = withControl.find((candidate) => candidate.then !== undefined && controlOf(candidate) === text)
        return exit?.then === undefined ? undefined : arrive(exit.then(), readMarker)
      },
      controls,
      canEnd,
      closing: () => {
        if (canEnd) return noBytes
        if (first?.then === undefined) return undefined
        const written = patterns.find(({ text }) => text === latin(first.symbols) && text.startsWith(open))
        const rest = written === undefined ? first.symbols : first.symbols.slice(open.length)
        return joinBytes(bytesOf(rest), first.then().closing())
      },
      ...(open === '' && left === Infinity
        ? { freeRun: { exits: freeExits, maxCharacters: Infinity, isUniform: true } }
        : {}),
    }
  }
  return nodeAt('', maxBytes ?? Infinity)
}

const openReads = new Map<string, Read>()

/** One object per reading, so that states recur. */
function readOf(part: 'text' | 'reasoning', held: number): Read {
  const key = `${part} ${held}`
  let read = openReads.get(key)
  if (read === undefined) openReads.set(key, (read = { part, held }))
  return read
}

function latin(symbols: readonly Symbol[]): string {
  return String.fromCharCode(...symbols.filter((symbol) => typeof symbol === 'number'))
}

function longestOpen(text: string, patterns: readonly { readonly text: string }[]): string {
  for (let at = 0; at < text.length; at++) {
    const end = text.slice(at)
    if (patterns.some((pattern) => pattern.text.startsWith(end))) return end
  }
  return ''
}

/** A marker that may stand at the very start, and otherwise `fallback`; the bytes are held back until one of both is left. */
export function attempt({ symbols, then }: Path, fallback: Node): Node {
  // An object of its own tells the last symbol from those before.
  const complete: Read = { ...readMarker }
  return bothWays(marker(symbols, then, complete), fallback, ({ read }) => read === complete, true)
}

/**
 * A call that may be made at the very start, and otherwise `fallback`. It is one when its name is complete: until then it may be
 * a text that looks alike. Where no call is `allowed`, the byte that completes the name is illegal.
 */
export function attemptCall(call: Node, fallback: Node, allowed: boolean): Node {
  return bothWays(call, fallback, ({ read }) => read.begins !== undefined, allowed)
}

function bothWays(path: Node, fallback: Node, isTaken: (state: TurnState) => boolean, allowed: boolean): Node {
  const steps = new Map<Symbol, TurnState | undefined>()
  const join = (taken: TurnState | undefined, other: TurnState | undefined): TurnState | undefined => {
    if (taken === undefined) return other
    if (isTaken(taken) || other === undefined) return allowed ? taken : undefined
    return arrive(bothWays(nodeOf(taken), nodeOf(other), isTaken, allowed), readNothingYet)
  }
  const follow = (symbol: Symbol, step: (node: Node) => TurnState | undefined): TurnState | undefined => {
    if (!steps.has(symbol)) steps.set(symbol, join(step(path), step(fallback)))
    return steps.get(symbol)
  }
  return {
    step: (byte) => follow(byte, (node) => node.step(byte)),
    stepControl: (text) => follow(text, (node) => node.stepControl?.(text)),
    controls: [...(allowed ? (path.controls ?? []) : []), ...(fallback.controls ?? [])],
    canEnd: fallback.canEnd,
    atChoice: fallback.atChoice ?? false,
    closing: () => fallback.closing() ?? (allowed ? path.closing() : undefined),
  }
}

function nodeOf(state: TurnState): Node {
  return {
    step: (byte) => state.next(byte),
    stepControl: (text) => state.nextControl(text),
    canEnd: state.canEnd,
    closing: () => state.closing(),
    ...(state.controls === undefined ? {} : { controls: state.controls }),
  }
}

/** `node`, but its first byte that is no space or line end is not `banned`. */
export function beginningWithout(banned: number, node: Node): Node {
  return {
    ...node,
    freeRun: undefined,
    runsOf: undefined,
    step: (byte) => {
      const next = byte === banned ? undefined : node.step(byte)
      return next !== undefined && isSpace(byte) ? arrive(beginningWithout(banned, nodeOf(next)), next.read) : next
    },
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a
}

/** Up to `most` spaces and line ends, then `node`; they belong to what follows. */
export function leadingSpace(node: Node, most: number): Node {
  if (most === 0) return node
  return {
    ...node,
    runsOf: undefined,
    step: (byte) => node.step(byte) ?? (isSpace(byte) ? arrive(leadingSpace(node, most - 1), readMarker) : undefined),
  }
}

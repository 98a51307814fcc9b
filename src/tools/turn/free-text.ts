/** Text and thinking: any bytes, but markers in them are seen while they are written, and what may be one is held back. */
import { bytesOf, type Path, type Symbol } from './marker.ts'
import { arrive, joinBytes, noBytes, type Node, type Read, readMarker, type TurnState } from './state.ts'

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

/**
 * A path that may be taken at the very start, and otherwise `fallback`, with the bytes held back until one of both is left.
 * Without a fallback this is the path; a path that leads nowhere may not be completed.
 */
export function attempt(path: Omit<Path, 'then'> & { readonly then: (() => Node) | undefined }, fallback: Node): Node {
  const { symbols, then, read = readMarker } = path
  if (symbols.length === 0) return then?.() ?? fallback
  const [first, ...rest] = symbols
  const take = (symbol: Symbol, other: TurnState | undefined): TurnState | undefined => {
    if (symbol !== first) return other
    if (rest.length === 0) return then === undefined ? undefined : arrive(then(), read)
    const tried = { symbols: rest, then, read }
    if (other === undefined) {
      // Only the path is left, and one that leads nowhere is none.
      return then === undefined ? undefined : arrive(attempt(tried, nowhere), readMarker)
    }
    return arrive(attempt(tried, nodeOf(other)), { part: 'text', held: Infinity })
  }
  const steps = new Map<Symbol, TurnState | undefined>()
  const follow = (symbol: Symbol, step: () => TurnState | undefined): TurnState | undefined => {
    if (symbol !== first) return step()
    if (!steps.has(symbol)) steps.set(symbol, take(symbol, step()))
    return steps.get(symbol)
  }
  return {
    step: (byte) => follow(byte, () => fallback.step(byte)),
    stepControl: (text) => follow(text, () => fallback.stepControl?.(text)),
    controls: [...(typeof first === 'string' && then !== undefined ? [first] : []), ...(fallback.controls ?? [])],
    canEnd: fallback.canEnd,
    atChoice: fallback.atChoice ?? false,
    closing: () => {
      const other = fallback.closing()
      if (other !== undefined || then === undefined) return other
      return joinBytes(bytesOf(symbols), then().closing())
    },
  }
}

const nowhere: Node = { step: () => undefined, canEnd: false, closing: () => undefined }

function nodeOf(state: TurnState): Node {
  return {
    step: (byte) => state.next(byte),
    stepControl: (text) => state.nextControl(text),
    canEnd: state.canEnd,
    closing: () => state.closing(),
    ...(state.controls === undefined ? {} : { controls: state.controls }),
  }
}

/** Up to `most` spaces and line ends, then `node`; they belong to what follows. */
export function leadingSpace(node: Node, most: number): Node {
  if (most === 0) return node
  const spaced = (byte: number): boolean => byte === 0x20 || byte === 0x0a
  return {
    ...node,
    step: (byte) => node.step(byte) ?? (spaced(byte) ? arrive(leadingSpace(node, most - 1), readMarker) : undefined),
  }
}

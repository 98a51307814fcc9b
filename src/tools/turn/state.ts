/**
 * The automaton of an assistant's turn. A node is a place in it; a state is a node together with what the byte that led there
 * has settled, so that whoever follows the states knows text from thinking from calls and never parses anything again.
 */
import type { FreeRun, Grammar, State } from '../../constrain/grammar.ts'

/** What a byte (or a control token) has settled about the bytes read and not yet told. */
export interface Read {
  /** What the settled bytes are. `marker`: part of the notation, to be dropped. */
  readonly part: 'text' | 'reasoning' | 'arguments' | 'marker'
  /** So many of the newest bytes are still open; Infinity: all. */
  readonly held: number
  /** So many bytes before the open ones are a marker, whatever `part` says of those before. */
  readonly dropped?: number
  /** The settled text of arguments as JSON, where the notation is another one. Called with whole characters. */
  readonly json?: (own: string) => string
  /** A call of this function begins. */
  readonly begins?: string
  /** The arguments are complete. */
  readonly completes?: boolean
}

export interface TurnState extends State {
  next(byte: number): TurnState | undefined
  nextControl(text: string): TurnState | undefined
  readonly read: Read
  /** Set where the answer itself begins and may be a call or a text. */
  readonly atChoice: boolean
}

export interface TurnGrammar extends Grammar {
  readonly start: TurnState
}

/** A place in a turn. Nodes never change. */
export interface Node {
  readonly step: (byte: number) => TurnState | undefined
  readonly stepControl?: (text: string) => TurnState | undefined
  readonly canEnd: boolean
  readonly closing: () => Uint8Array | undefined
  readonly controls?: readonly string[]
  readonly freeRun?: FreeRun | undefined
  /** A state of a language that is written as it is: what it says about runs holds here too. In the place of `freeRun`. */
  readonly runsOf?: State | undefined
  readonly atChoice?: boolean
}

const arrivals = new WeakMap<Node, Map<Read, TurnState>>()

/** The state of having come to `node` with that reading; one object for the same pair. */
export function arrive(node: Node, read: Read): TurnState {
  let states = arrivals.get(node)
  if (states === undefined) arrivals.set(node, (states = new Map()))
  let state = states.get(read)
  if (state === undefined) states.set(read, (state = stateOf(node, read)))
  return state
}

function stateOf(node: Node, read: Read): TurnState {
  return {
    read,
    canEnd: node.canEnd,
    atChoice: node.atChoice ?? false,
    next: node.step,
    closing: node.closing,
    get controls() {
      return node.controls ?? []
    },
    nextControl: node.stepControl ?? (() => undefined),
    // Worked out where a mask is asked for: most states are only passed.
    get freeRun() {
      return node.runsOf === undefined ? node.freeRun : node.runsOf.freeRun
    },
    get characterRun() {
      return node.runsOf?.characterRun
    },
    get runExceptions() {
      return node.runsOf?.runExceptions
    },
    get within() {
      return node.runsOf?.within
    },
  }
}

export const readText: Read = { part: 'text', held: 0 }
export const readReasoning: Read = { part: 'reasoning', held: 0 }
export const readArguments: Read = { part: 'arguments', held: 0 }
export const readMarker: Read = { part: 'marker', held: 0 }
export const readNothingYet: Read = { part: 'text', held: Infinity }

export const noBytes = new Uint8Array(0)

/** The end of a turn: only an end token may follow. */
export const finished: Node = { step: () => undefined, canEnd: true, closing: () => noBytes }

export function joinBytes(...parts: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  if (parts.includes(undefined)) return undefined
  const known = parts as readonly Uint8Array[]
  const joined = new Uint8Array(known.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of known) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Calls `make` once, when first asked. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

/** Fixed text of a notation: markers, one after another or one out of several, written as control tokens where the model has them. */
import { arrive, joinBytes, noBytes, type Node, type Read, readMarker, type TurnState } from './state.ts'

/** A byte (0..255) or the text of a control token. */
export type Symbol = number | string

const encoder = new TextEncoder()

/** A marker as symbols; where several control texts fit, the longest one. */
export function symbolsOf(marker: string, controls: readonly string[]): Symbol[] {
  const symbols: Symbol[] = []
  const usable = controls.filter((control) => control !== '' && marker.includes(control))
  for (let at = 0; at < marker.length;) {
    const fitting = usable.filter((control) => marker.startsWith(control, at))
    const control = fitting.toSorted((a, b) => b.length - a.length)[0]
    if (control !== undefined) {
      symbols.push(control)
      at += control.length
    } else {
      const character = String.fromCodePoint(marker.codePointAt(at) ?? 0)
      symbols.push(...encoder.encode(character))
      at += character.length
    }
  }
  return symbols
}

/** One way to go on: the symbols, and the node after them. `read` is what the last symbol settles. */
export interface Path {
  readonly symbols: readonly Symbol[]
  readonly then: () => Node
  readonly read?: Read
  /** Closing takes this path where it is open. Needed where another one leads back here. */
  readonly closes?: boolean
}

/** The marker, then `then`. */
export function marker(symbols: readonly Symbol[], then: () => Node, read: Read = readMarker): Node {
  return symbols.length === 0 ? then() : paths([{ symbols, then, read }])
}

/** Exactly one of several paths. An empty one stands for its node; where it clashes with another path's symbol, that path wins. */
export function paths(choices: readonly Path[]): Node {
  if (choices.length === 1 && choices[0].symbols.length === 0) return choices[0].then()
  const open = choices.filter(({ symbols }) => symbols.length > 0)
  const ended = choices.find(({ symbols }) => symbols.length === 0)
  const steps = new Map<Symbol, TurnState>()
  const follow = (symbol: Symbol): TurnState | undefined => {
    const known = steps.get(symbol)
    if (known !== undefined) return known
    const fitting = open.filter(({ symbols }) => symbols[0] === symbol)
    if (fitting.length === 0) return undefined
    const rest = fitting.map((path) => ({ ...path, symbols: path.symbols.slice(1) }))
    const complete = rest.find(({ symbols }) => symbols.length === 0)
    const state = arrive(paths(rest), complete?.read ?? readMarker)
    steps.set(symbol, state)
    return state
  }
  const controls = open.flatMap(({ symbols: [first] }) => (typeof first === 'string' ? [first] : []))
  return {
    step: (byte) => follow(byte) ?? ended?.then().step(byte),
    stepControl: (text) => follow(text) ?? ended?.then().stepControl?.(text),
    get canEnd() {
      return ended?.then().canEnd ?? false
    },
    get controls() {
      return ended === undefined ? controls : [...controls, ...(ended.then().controls ?? [])]
    },
    closing: () => {
      const chosen = choices.filter(({ closes }) => closes)
      const ways = chosen.length > 0 ? chosen : choices
      return shortest(ways.map(({ symbols, then }) => joinBytes(bytesOf(symbols), then().closing())))
    },
  }
}

/** Closing is a matter of bytes; a control token counts with its own text, which is never shorter than its one token. */
export function bytesOf(symbols: readonly Symbol[]): Uint8Array {
  const parts = symbols.map((symbol) => (typeof symbol === 'number' ? Uint8Array.of(symbol) : encoder.encode(symbol)))
  return joinBytes(...parts) ?? noBytes
}

export function shortest(candidates: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  let best: Uint8Array | undefined
  for (const candidate of candidates) {
    if (candidate !== undefined && (best === undefined || candidate.length < best.length)) best = candidate
  }
  return best
}

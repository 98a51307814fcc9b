/** Writes texts of a grammar by taking random legal bytes, mostly towards an end. */
import type { Grammar, State } from '../../src/constrain/grammar.ts'
import { createRandom } from '../../src/util/random.ts'

export interface Walk {
  readonly text: string
  /** Places where no byte was legal and the text could not end. */
  readonly stuck: boolean
}

/** A text of at most about `length` bytes: then the walk takes the known way to an end. */
export function randomText(grammar: Grammar, seed: number, length: number): Walk {
  const random = createRandom(seed)
  const bytes: number[] = []
  let state = grammar.start
  while (bytes.length < length) {
    const legal = legalBytes(state)
    if (state.canEnd && (legal.length === 0 || random.float() < 0.2)) return finish(bytes, false)
    if (legal.length === 0) return finish(bytes, true)
    const [byte, next] = legal[Math.floor(random.float() * legal.length)]
    bytes.push(byte)
    state = next
  }
  const closing = state.canEnd ? new Uint8Array(0) : state.closing()
  if (closing === undefined) return { text: '', stuck: false }
  return finish([...bytes, ...closing], !leadsToEnd(state, closing))
}

export function leadsToEnd(state: State, way: Uint8Array): boolean {
  let at: State | undefined = state
  for (const byte of way) at = at?.next(byte)
  return at?.canEnd === true
}

function legalBytes(state: State): [number, State][] {
  const legal: [number, State][] = []
  const add = (from: number, to: number): void => {
    for (let byte = from; byte < to; byte++) {
      const next = state.next(byte)
      if (next !== undefined) legal.push([byte, next])
    }
  }
  // Beyond ASCII one lead byte and all continuations are enough to see the paths, where there is one.
  add(0, 0xc4)
  if (legal.length === 0) add(0xc4, 0x100)
  return legal
}

function finish(bytes: readonly number[], stuck: boolean): Walk {
  return { text: new TextDecoder().decode(Uint8Array.from(bytes)), stuck }
}

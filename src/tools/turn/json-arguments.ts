/** Arguments that are written as JSON: the schema's own automaton, until its object is complete. */
import type { State } from '../../constrain/grammar.ts'
import { arrive, joinBytes, type Node, type Read, readArguments } from './state.ts'

const readLast: Read = { part: 'arguments', held: 0, completes: true }

/** An object of that language from `start`, then `then`. */
export function jsonArguments(start: State, then: () => Node): Node {
  // States recur, and so must the nodes around them: masks are cached by identity.
  const nodes = new WeakMap<State, Node>()
  const nodeOf = (state: State): Node => {
    let node = nodes.get(state)
    if (node === undefined) nodes.set(state, (node = createNode(state)))
    return node
  }
  const createNode = (state: State): Node => ({
    step: (byte) => {
      const next = state.next(byte)
      if (next === undefined) return undefined
      // An object is complete with its last brace, and nothing of it follows.
      return next.canEnd ? arrive(then(), readLast) : arrive(nodeOf(next), readArguments)
    },
    canEnd: false,
    closing: () => {
      const rest = state.closing()
      return rest === undefined ? undefined : joinBytes(rest, then().closing())
    },
    runsOf: state,
  })
  return nodeOf(start)
}

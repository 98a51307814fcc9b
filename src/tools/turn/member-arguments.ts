/**
 * Arguments in notations of their own. What is written is carried over to JSON byte by byte, and the schema's automaton reads
 * that: an argument that JSON would not allow cannot be written in any notation.
 */
import type { State } from '../../constrain/grammar.ts'
import type { MemberNotation } from '../dialect.ts'
import type { JsonNode } from './json-node.ts'
import { type Symbol, symbolsOf } from './marker.ts'
import type { ObjectFrame } from './member-context.ts'
import { valueNode } from './member-values.ts'
import { members } from './members.ts'
import type { Node } from './state.ts'

/** The members of an object from `start` (the notation's `open` is read), its `close`, then `then`. */
export function memberArguments(
  notation: MemberNotation,
  start: State,
  controls: readonly string[],
  then: () => Node,
): Node {
  const known = new Map<string, Symbol[]>()
  const symbols = (text: string): Symbol[] => {
    let split = known.get(text)
    if (split === undefined) known.set(text, (split = symbolsOf(text, controls)))
    return split
  }
  const end = (_state: State): JsonNode => ({ ...then(), write: () => then().closing() })
  return members({ notation, symbols, object: topObject(notation), value: valueNode, members }, start, true, end)
}

function topObject({ separator, keyOpen, keyClose, valueClose, close }: MemberNotation): ObjectFrame {
  return { separator, keyOpen, keyClose, valueClose, close, top: true }
}

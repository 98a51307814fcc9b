import type { State } from '../../constrain/grammar.ts'
import type { MemberNotation } from '../dialect.ts'
import type { Node } from './state.ts'

export function memberArguments(
  _notation: MemberNotation,
  _start: State,
  _controls: readonly string[],
  _then: () => Node,
): Node {
  throw new Error('not yet')
}

/** What the parts of a notation know of each other: objects hold values, and values objects. */
import type { State } from '../../constrain/grammar.ts'
import type { MemberNotation } from '../dialect.ts'
import type { JsonNode } from './json-node.ts'
import type { Symbol } from './marker.ts'

/** How objects are framed at a depth; `nested` ones are the same in every notation that has any. */
export interface ObjectFrame {
  readonly separator: string
  readonly keyOpen: string
  readonly keyClose: string
  readonly valueClose: string
  readonly close: string
  /** Whether the object is the whole of the arguments. */
  readonly top: boolean
}

export interface MemberContext {
  readonly notation: MemberNotation
  readonly symbols: (text: string) => Symbol[]
  readonly object: ObjectFrame
  /** A value from `state` (its key and colon are fed), then `after`; reads the member's `valueClose`. */
  readonly value: (context: MemberContext, state: State, after: After) => JsonNode
  /** The members of an object whose opening is read, its `close`, then `after`. */
  readonly members: (context: MemberContext, state: State, first: boolean, after: After) => JsonNode
}

export type After = (state: State) => JsonNode

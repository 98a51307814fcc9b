/** An answer held to a grammar: which tokens are legal within what is left, which ones follow without a choice. */
import type { State } from '../constrain/grammar.ts'
import type { LegalTokens } from './chooser.ts'
import type { TokenMask } from './sampler.ts'

/**
 * Where an answer stands in its grammar, token by token; `constrain`'s token matcher is one. `room` is how many tokens may still
 * be generated: a token is legal only if the shortest closing after it fits into what it leaves.
 */
export interface TokenConstraint {
  readonly allows: (token: number, room: number) => boolean
  /** Control tokens that end an answer are no part of it. */
  readonly mask: (room: number) => TokenMask
  /** Takes a legal token; answers the states after each of its bytes. */
  readonly push: (token: number) => readonly State[]
  /** Tokens that the grammar leaves no choice about, in the spelling that the tokenizer would give them; none are taken. */
  readonly forced: () => readonly number[]
  /** Whether some closing fits. */
  readonly fits: (room: number) => boolean
  /** Whether the answer may end here. */
  readonly canEnd: boolean
  /** Whether nothing but the end may follow. */
  readonly mustEnd: boolean
}

/** The tokens that are legal now, the end among them where the text may end. */
export function legalTokens(
  constraint: TokenConstraint,
  endTokens: ReadonlySet<number>,
  roomOf: () => number,
): LegalTokens {
  return {
    allows: (token) => (endTokens.has(token) && constraint.canEnd) || constraint.allows(token, roomOf()),
    mask: () => {
      const inner = constraint.mask(roomOf())
      if (!constraint.canEnd) return inner
      const mask = inner.slice()
      for (const token of endTokens) mask[token >> 5] |= 1 << (token & 31)
      return mask
    },
  }
}

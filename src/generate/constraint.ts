/**
 * An answer held to a grammar: which tokens are legal within the room that is left, and the way back out of a dead end. A token
 * after which no way to an end is known is legal too, but on trial: it is not told before such a way is known again.
 */
import type { State, TokenMatcher } from '../constrain/index.ts'
import type { LegalTokens } from './chooser.ts'

/** Tries from one place before the shortest way to an end is taken from there. */
const mostRetries = 8

/** Where refused choices leave no more tokens than these to spare, the answer is closed. */
const spareTokens = 3

export interface Constraint {
  /** Whether some end fits into `room` tokens, or none is known. */
  readonly fits: (room: number) => boolean
  readonly canEnd: boolean
  readonly mustEnd: boolean
  /** The tokens that are legal with that room. */
  readonly legal: (room: number) => LegalTokens
  /** Takes a legal token; answers the states that it passes, one per byte. */
  readonly push: (token: number) => readonly State[]
  /** Tokens that must come next. */
  readonly forced: () => readonly number[]
  /** Whether all tokens taken can be told: from here an end is known. */
  readonly settle: () => boolean
  /** Takes back the tokens on trial and forbids what led there; answers how many. Undefined where there are none, or no way is left. */
  readonly retreat: () => number | undefined
}

export function createConstraint(matcher: TokenMatcher): Constraint {
  /** Tokens since the last place from which an end was known. */
  let trial: number[] = []
  /** First tokens of trials from there that came to nothing. */
  let refused = new Set<number>()
  let retries = 0
  let closing = false

  const leadsIntoUnknown = (token: number): boolean => {
    if (closing || !matcher.allows(token)) return false
    matcher.push(token)
    const unknown = matcher.closingTokens === undefined
    matcher.rollback(1)
    return unknown
  }
  const withoutRefused = (mask: Uint32Array): Uint32Array => {
    if (refused.size === 0 || trial.length > 0) return mask
    const others = mask.slice()
    for (const token of refused) others[token >> 5] &= ~(1 << (token & 31))
    return others
  }

  return {
    fits: (room) => matcher.closingTokens === undefined || matcher.closingTokens <= room,
    get canEnd() {
      return matcher.canEnd
    },
    get mustEnd() {
      return matcher.mustEnd
    },
    legal: (room) => {
      const left = closing ? Math.min(room, matcher.closingTokens ?? 0) : room
      return {
        accepts: (token) => {
          if (trial.length === 0 && refused.has(token)) return false
          return matcher.allowsWithin(token, left) || leadsIntoUnknown(token)
        },
        mask: () => withoutRefused(matcher.mask()),
        strictMask: () => {
          const { closingTokens = 0, closingToken } = matcher
          // With hardly more room than the known way takes, looking for others is not worth the time.
          const alone = closingToken !== undefined && closingTokens <= left && closingTokens >= left - spareTokens
          return alone ? onlyToken(matcher.mask().length, closingToken) : withoutRefused(matcher.maskWithin(left))
        },
      }
    },
    push: (token) => {
      trial.push(token)
      return matcher.push(token)
    },
    forced: () => matcher.forced(),
    settle: () => {
      if (matcher.closingTokens === undefined) return false
      if (trial.length > 0) {
        trial = []
        refused = new Set()
        retries = 0
      }
      return true
    },
    retreat: () => {
      const taken = trial.length
      if (taken === 0 || ++retries > mostRetries + 1) return undefined
      matcher.rollback(taken)
      refused.add(trial[0])
      trial = []
      if (retries > mostRetries) {
        refused = new Set()
        closing = matcher.closingTokens !== undefined
      }
      return taken
    },
  }
}

function onlyToken(words: number, token: number): Uint32Array {
  const mask = new Uint32Array(words)
  mask[token >> 5] |= 1 << (token & 31)
  return mask
}

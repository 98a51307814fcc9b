/** The kinds of characters that several automata tell apart together. */
import type { CharacterKinds } from '../grammar.ts'

/** More than any automaton has. */
const BASE = 0x10000
/** JSON writes these with a backslash; they are of a kind of their own, whatever automata make of them. */
const ESCAPED = 0

/** What each of `tellings` tells apart; undefined where there is none. */
export function jointKinds(tellings: readonly CharacterKinds[]): CharacterKinds | undefined {
  if (tellings.length === 0) return undefined
  const pairs = new Map<number, number>()
  return {
    kindOf(code) {
      if (code < 0x20 || code === 0x22 || code === 0x5c) return ESCAPED
      let joint = 0
      for (const telling of tellings) {
        const pair = joint * BASE + telling.kindOf(code)
        joint = pairs.get(pair) ?? pairs.size + 1
        pairs.set(pair, joint)
      }
      return joint
    },
  }
}

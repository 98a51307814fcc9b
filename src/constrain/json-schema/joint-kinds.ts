/** The kinds of characters that several automata tell apart together. */
import type { CharacterKinds } from '../grammar.ts'

/** More than any automaton has. */
const BASE = 0x10000
/** JSON writes these with a backslash; they are of a kind of their own, whatever automata make of them. */
const ESCAPED = 0

/** What tells characters apart, or cannot. */
interface Telling {
  readonly kindOf: CharacterKinds['kindOf'] | undefined
}

/** Undefined where an automaton has no kinds, or there is none. */
export function jointKinds(automata: readonly Telling[]): CharacterKinds | undefined {
  const kindsOf = automata.flatMap(({ kindOf }) => kindOf ?? [])
  if (kindsOf.length === 0 || kindsOf.length < automata.length) return undefined
  const pairs = new Map<number, number>()
  return {
    kindOf(code) {
      if (code < 0x20 || code === 0x22 || code === 0x5c) return ESCAPED
      let joint = 0
      for (const kindOf of kindsOf) {
        const pair = joint * BASE + kindOf(code)
        joint = pairs.get(pair) ?? pairs.size + 1
        pairs.set(pair, joint)
      }
      return joint
    },
  }
}

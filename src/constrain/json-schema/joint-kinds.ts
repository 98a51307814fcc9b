/** The kinds of characters that several automata tell apart together. */
import type { CharacterKinds } from '../grammar.ts'
import type { CharacterState } from '../regex/index.ts'
import { samples } from './text-characters.ts'

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

type Automaton = Pick<CharacterState, 'kindOf' | 'kindStarts'>

/** Characters that stand for all others: what no sample leads to, no character does. */
export interface JointSamples {
  /** One of each kind, readable ones first. */
  readonly all: readonly number[]
  /** One of each kind that occurs in `first..last`. */
  within(first: number, last: number): readonly number[]
}

export function jointSamples(automata: readonly Automaton[]): JointSamples {
  const starts = [...new Set(automata.flatMap(({ kindStarts }) => [...kindStarts]))].sort((a, b) => a - b)
  const oneOfEachKind = (candidates: Iterable<number>): readonly number[] => {
    const found = new Map<string, number>()
    for (const code of candidates) {
      if (isSurrogate(code) || code > LAST_CODE_POINT) continue
      const kind = automata.map(({ kindOf }) => kindOf(code)).join()
      if (!found.has(kind)) found.set(kind, code)
    }
    return [...found.values()]
  }
  return {
    all: oneOfEachKind([...samples, ...starts]),
    within: (first, last) => oneOfEachKind([first, ...starts.filter((code) => code > first && code <= last), last]),
  }
}

const LAST_CODE_POINT = 0x10ffff

/** No character by itself; no text has one. */
function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff
}

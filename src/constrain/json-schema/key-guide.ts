/** Which keys an object may get next: names that the schema lists, keys that match a pattern, and others. */
import type { CharacterState } from '../regex/index.ts'
import { canFollow, freshKeys } from './completion.ts'
import { type Formula, TRUE } from './formula.ts'
import type { ObjectPosition } from './plans.ts'
import { holdsForText } from './string-keywords.ts'

export interface KeyGuide {
  /** Names of the schema in the order of their characters. */
  readonly sorted: readonly string[]
  /** Whether any key is possible. */
  any(): boolean
  /** Whether a key may stand here, by its value and what would be left to do. */
  allows(key: string): boolean
  /** Whether one of `sorted[from..to)` is possible. */
  allowsListed(from: number, to: number): boolean
  /** Whether keys that are not listed and match no pattern are possible. */
  readonly others: boolean
  /** Automata of the patterns whose keys are possible. */
  readonly patterns: readonly CharacterState[]
}

const guides = new WeakMap<ObjectPosition, KeyGuide>()
const sortedNames = new WeakMap<readonly string[], readonly string[]>()

export function keyGuide(position: ObjectPosition): KeyGuide {
  let guide = guides.get(position)
  if (guide === undefined) guides.set(position, (guide = createGuide(position)))
  return guide
}

function createGuide(position: ObjectPosition): KeyGuide {
  const { names } = position
  let sorted = sortedNames.get(names.listed)
  if (sorted === undefined) sortedNames.set(names.listed, (sorted = names.listed.toSorted(compare)))
  const known = new Map<string, boolean>()
  let others: boolean | undefined
  let patterns: readonly CharacterState[] | undefined
  const guide: KeyGuide = {
    sorted,
    allows,
    allowsListed(from, to) {
      for (let index = from; index < to; index++) if (allows(sorted[index])) return true
      return false
    },
    get others() {
      return (others ??= findOthers())
    },
    get patterns() {
      return (patterns ??= names.patterns.flatMap(possiblePattern))
    },
    any: () => guide.others || guide.allowsListed(0, sorted.length) || guide.patterns.length > 0,
  }
  return guide

  function allows(key: string): boolean {
    let allowed = known.get(key)
    if (allowed === undefined) {
      const step = position.member(key)
      allowed = step !== undefined && canFollow(step)
      if (known.size < 2_000) known.set(key, allowed)
    }
    return allowed
  }

  function findOthers(): boolean {
    const listed = new Set(names.listed)
    const unmatched = (key: string) => !names.patterns.some((pattern) => holdsForText(pattern, key))
    for (const key of [...freshKeys(position, listed), '~', ' ', 'é', '0', 'A', '_']) {
      if (!listed.has(key) && unmatched(key) && allows(key)) return true
    }
    return false
  }

  function possiblePattern(pattern: Formula): CharacterState[] {
    if (pattern.kind !== 'atom' || pattern.atom.kind !== 'text-automaton') return []
    const { start } = pattern.atom
    const stem = String.fromCodePoint(...start.shortest())
    for (const suffix of ['', 'a', '0', 'A', '_', 'aa', 'aaa', '00']) {
      const key = stem + suffix
      if (holdsForText(pattern, key) && !position.isUsed(key) && allows(key)) return [start]
    }
    return [...freshKeys(position, new Set(names.listed))].some((key) => holdsForText(pattern, key) && allows(key))
      ? [start]
      : []
  }
}

/** By UTF-16 code units, as `<` compares. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Whether keys are free but for those in use: any text may be one. */
export function areKeysFree(position: ObjectPosition, guide: KeyGuide): boolean {
  return position.names.each === TRUE && guide.others
}

/** Which keys an object may get next: names that the schema lists, keys that match a pattern, and others. */
import type { CharacterState } from '../regex/index.ts'
import { canFollow, isPlain } from './completion.ts'
import { type Formula, TRUE } from './formula.ts'
import type { KeyExamples, ObjectPosition } from './plans.ts'
import { freshKeys } from './possible-keys.ts'
import { holdsForText } from './text-verdict.ts'
import type { TextPlan, TextPosition } from './text-plan.ts'

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
  /** Automata of the patterns whose keys are possible; none where keys are free anyway. */
  readonly patterns: readonly CharacterState[]
  /** Whether a key that is not listed and not in use may begin so. */
  leadsOn(text: string): boolean
  /** The rest of such a key. */
  closing(text: string): readonly number[] | undefined
}

const mostTried = 8
/** A kind of keys with that many examples is not used up. */
const manyKeys = 32

/** Whether other keys are possible where that hangs on nothing but what is demanded. */
const plainOthers = new WeakMap<Formula, boolean>()
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
  /** By kind of key, where what was before makes no difference. */
  const kinds = new Map<string, boolean>()
  let others: boolean | undefined
  let unused: TextPlan | undefined
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
      return (patterns ??= areKeysFree(position, guide) ? [] : names.patterns.flatMap(possiblePattern))
    },
    leadsOn: (text) => unusedAfter(text) !== undefined,
    closing: (text) => unusedAfter(text)?.closing(),
    any: () => guide.others || guide.allowsListed(0, sorted.length) || guide.patterns.length > 0,
  }
  return guide

  function unusedAfter(text: string): TextPosition | undefined {
    let position: TextPosition | undefined = (unused ??= findUnused()).start
    for (const character of text) position = position?.next(character.codePointAt(0) as number)
    return position
  }

  function findUnused(): TextPlan {
    const patterns = names.patterns.filter((pattern) => possiblePattern(pattern).length > 0)
    return position.unused(names.anyOf(patterns, guide.others))
  }

  function allows(key: string): boolean {
    let allowed = known.get(key)
    if (allowed === undefined) {
      allowed = judge(key)
      if (known.size < 2_000) known.set(key, allowed)
    }
    return allowed
  }

  function judge(key: string): boolean {
    const step = position.member(key)
    if (step === undefined) return false
    const kind = isPlain(position.total) ? position.kindOf(key) : undefined
    if (kind === undefined) return canFollow(step)
    let allowed = kinds.get(kind)
    if (allowed === undefined) kinds.set(kind, (allowed = canFollow(step)))
    return allowed
  }

  function findOthers(): boolean {
    // Of such keys there are always more, so which are in use makes no difference.
    const shared = isPlain(position.total) && position.keyExamples(names.other).keys.length >= manyKeys
    const known = shared ? plainOthers.get(position.total) : undefined
    if (known !== undefined) return known
    const found = searchOthers()
    if (shared) plainOthers.set(position.total, found)
    return found
  }

  function searchOthers(): boolean {
    const listed = new Set(names.listed)
    const isOther = (key: string) => !listed.has(key) && holdsForText(names.other, key)
    if (names.other.kind === 'constant') {
      return possibleAmong({ keys: [...freshKeys(position, listed)], complete: false }, isOther)
    }
    const examples = position.keyExamples(names.other).keys.filter((key) => !position.isUsed(key) && isOther(key))
    const known = { keys: examples, complete: false }
    if (possibleAmong(examples.length > 0 ? known : unusedExamples(names.other, names.listed), isOther)) return true
    return names.distinctions.length > 0 && [...freshKeys(position, listed)].filter(isOther).some(allows)
  }

  function unusedExamples(demand: Formula, besides?: readonly string[]): KeyExamples {
    const { texts, complete } = position.unused(demand, besides).examples(mostTried)
    return { keys: texts.map((codes) => String.fromCodePoint(...codes)), complete }
  }

  /** Keys of a kind are out of the question where all that were tried are. */
  function possibleAmong({ keys, complete }: KeyExamples, suits: (key: string) => boolean): boolean {
    const fresh = keys.filter((key) => !position.isUsed(key) && suits(key))
    if (fresh.length === 0) return !complete
    return fresh.slice(0, mostTried).some(allows)
  }

  function possiblePattern(pattern: Formula): CharacterState[] {
    if (pattern.kind !== 'atom' || pattern.atom.kind !== 'text-automaton') return []
    const demand = names.anyOf([pattern], false)
    // These are the same at every place of the object; only where they are used up it takes a closer look.
    const known = position.keyExamples(demand).keys.filter((key) => !position.isUsed(key))
    const examples = known.length > 0 ? { keys: known, complete: false } : unusedExamples(demand)
    return possibleAmong(examples, () => true) ? [pattern.atom.start] : []
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

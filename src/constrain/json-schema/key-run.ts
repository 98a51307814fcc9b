/** What decides about the characters of keys that no name is meant by: patterns, and what every key has to satisfy. */
import type { CharacterKinds, CharacterRun } from '../grammar.ts'
import type { CharacterState } from '../regex/index.ts'
import { jointKinds } from './joint-kinds.ts'
import type { KeyGuide } from './key-guide.ts'
import type { KeyNames } from './plans.ts'
import { jsonExits } from './text-characters.ts'
import type { TextPosition } from './text-plan.ts'

/** Runs that objects with the same names share, by what their patterns have come to. */
interface Shared {
  readonly kinds: CharacterKinds
  readonly ids: Map<CharacterState | CharacterRun, number>
  readonly runs: Map<string, KeyRun>
}

const shared = new WeakMap<KeyNames, Map<boolean, Shared | undefined>>()

/** Where a key may go from here but for names and keys in use. Undefined where that hangs on more than kinds of characters. */
export function keyRun(
  names: KeyNames,
  guide: KeyGuide,
  patterns: readonly CharacterState[],
  each: TextPosition | undefined,
): CharacterRun | undefined {
  if (patterns.length === 0 && !guide.others) return undefined
  const eachRun = each?.characterRun
  if (each !== undefined && eachRun === undefined) return undefined
  let known = shared.get(names)
  if (known === undefined) shared.set(names, (known = new Map()))
  // Every key has to satisfy the same, and runs of one text plan have the same kinds.
  if (!known.has(guide.others)) known.set(guide.others, share(names, eachRun))
  const together = known.get(guide.others)
  return together && runAt(together, guide.others, patterns, eachRun)
}

function share({ patterns }: KeyNames, each: CharacterRun | undefined): Shared | undefined {
  const automata = patterns.flatMap((pattern) =>
    pattern.kind === 'atom' && pattern.atom.kind === 'text-automaton' ? [pattern.atom.start] : [],
  )
  const kinds = jointKinds(each === undefined ? automata : [...automata, each.kinds])
  return kinds && { kinds, ids: new Map(), runs: new Map() }
}

function runAt(
  together: Shared,
  others: boolean,
  patterns: readonly CharacterState[],
  each: CharacterRun | undefined,
): KeyRun {
  const { ids, runs } = together
  const idOf = (place: CharacterState | CharacterRun): number => {
    let id = ids.get(place)
    if (id === undefined) ids.set(place, (id = ids.size))
    return id
  }
  const key = `${patterns.map(idOf).join()} ${each === undefined ? '' : idOf(each)}`
  let run = runs.get(key)
  if (run === undefined) runs.set(key, (run = new KeyRun(together, others, patterns, each)))
  return run
}

class KeyRun implements CharacterRun {
  readonly exits = jsonExits
  readonly kinds: CharacterKinds
  private readonly together: Shared
  private readonly others: boolean
  private readonly patterns: readonly CharacterState[]
  private readonly each: CharacterRun | undefined

  constructor(together: Shared, others: boolean, patterns: readonly CharacterState[], each: CharacterRun | undefined) {
    this.kinds = together.kinds
    this.together = together
    this.others = others
    this.patterns = patterns
    this.each = each
  }

  next(code: number): KeyRun | undefined {
    if (jsonExits.has(code)) return undefined
    const each = this.each?.next(code)
    if (this.each !== undefined && each === undefined) return undefined
    const patterns = this.patterns.flatMap((state) => state.next(code) ?? [])
    return patterns.length === 0 && !this.others ? undefined : runAt(this.together, this.others, patterns, each)
  }
}

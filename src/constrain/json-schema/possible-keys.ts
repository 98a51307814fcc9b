/** Which keys are worth trying next on the way to an object's end. */
import { atomsOf, conjuncts, type Formula } from './formula.ts'
import type { ObjectPosition } from './plans.ts'

/** Listed names that are tried. */
export const mostListed = 64
const mostFreshKeys = 6

/** A key that the object must get. */
export function requiredKey(total: Formula): string | undefined {
  for (const part of conjuncts(total)) if (part.kind === 'atom' && part.atom.kind === 'has-key') return part.atom.name
  return undefined
}

/** Keys that could bring the object nearer to its end: those that conditions ask for, described ones, any. */
export function* possibleKeys(position: ObjectPosition): Iterable<string> {
  const asked = atomsOf([position.total]).flatMap((atom) => (atom.kind === 'has-key' ? [atom.name] : []))
  const keys = new Set([...asked, ...position.names.listed.slice(0, mostListed)])
  for (const key of keys) if (!position.isUsed(key)) yield key
  yield* freshKeys(position, keys)
}

/** Keys that are not described by name: such as patterns ask for, then any. */
export function* freshKeys(position: ObjectPosition, described: ReadonlySet<string>): Iterable<string> {
  const isFresh = (key: string) => !described.has(key) && !position.isUsed(key)
  const { patterns, each, other, distinctions } = position.names
  for (const demand of [...distinctions, ...patterns, each, other]) {
    if (demand.kind !== 'constant') yield* position.keyExamples(demand).keys.filter(isFresh).slice(0, mostFreshKeys)
  }
  let left = mostFreshKeys
  for (let index = 0; left > 0 && index < 1_000; index++) {
    const key = letters(index)
    if (!isFresh(key)) continue
    left--
    yield key
  }
}

/** a, b, …, z, aa, ab, … */
function letters(index: number): string {
  const last = String.fromCharCode(0x61 + (index % 26))
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last
}

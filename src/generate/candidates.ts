/**
 * The tokens that may still be drawn. Filters shrink the set in place; a set knows whether it is ordered, so that a chain of
 * filters orders only as many tokens as it has to.
 */
import { greatestIndices } from './select.ts'

export interface Candidates {
  /** Token ids; the first `count` are in force. */
  readonly ids: Int32Array
  /** Logits of the same tokens, after temperature. */
  readonly logits: Float32Array
  count: number
  /** The first `ordered` entries are the greatest of all, in falling order. */
  ordered: number
}

export function createCandidates(vocabularySize: number): Candidates {
  return { ids: new Int32Array(vocabularySize), logits: new Float32Array(vocabularySize), count: 0, ordered: 0 }
}

/**
 * Fills the set with the tokens whose logit, divided by the temperature, is at most `depth` below the greatest one; with
 * `depth` Infinity with every token whose logit is above minus infinity.
 */
export function fillCandidates(candidates: Candidates, logits: Float32Array, temperature: number, depth: number): void {
  let greatest = -Infinity
  for (let token = 0; token < logits.length; token++) if (logits[token] > greatest) greatest = logits[token]
  const limit = depth === Infinity ? -Infinity : greatest - depth * temperature
  const { ids, logits: scaled } = candidates
  let count = 0
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token]
    // False for not-a-number too.
    if (!(logit >= limit && logit > -Infinity)) continue
    ids[count] = token
    scaled[count] = logit / temperature
    count++
  }
  candidates.count = count
  candidates.ordered = 0
}

/** Fills the set with the `count` greatest, in falling order: what filling with all and then cutting would give, in one pass. */
export function fillGreatest(candidates: Candidates, logits: Float32Array, temperature: number, count: number): void {
  const greatest = greatestIndices(logits, count)
  candidates.count = 0
  for (const token of greatest) {
    if (!(logits[token] > -Infinity)) continue
    candidates.ids[candidates.count] = token
    candidates.logits[candidates.count] = logits[token] / temperature
    candidates.count++
  }
  candidates.ordered = candidates.count
}

/** Places of the `count` greatest, in falling order. */
export function greatestPlaces(candidates: Candidates, count: number): Int32Array {
  const wanted = Math.min(count, candidates.count)
  if (candidates.ordered >= wanted) return Int32Array.from({ length: wanted }, (_, place) => place)
  return greatestIndices(candidates.logits, wanted, candidates.count)
}

/** Keeps the entries at `places`, in that order; `ordered` says whether that is by falling logit. */
export function keepPlaces(candidates: Candidates, places: Int32Array, ordered: boolean): void {
  const { ids, logits } = candidates
  const keptIds = places.map((place) => ids[place])
  const keptLogits = Float32Array.from(places, (place) => logits[place])
  ids.set(keptIds)
  logits.set(keptLogits)
  candidates.count = places.length
  candidates.ordered = ordered ? places.length : 0
}

/** Keeps the entries that `keep` accepts; order is preserved. */
export function retainCandidates(candidates: Candidates, keep: (logit: number) => boolean): void {
  const { ids, logits } = candidates
  let count = 0
  let ordered = 0
  for (let index = 0; index < candidates.count; index++) {
    if (!keep(logits[index])) continue
    ids[count] = ids[index]
    logits[count] = logits[index]
    count++
    if (index < candidates.ordered) ordered++
  }
  candidates.count = count
  candidates.ordered = ordered
}

export function greatestLogit(candidates: Candidates): number {
  if (candidates.ordered > 0) return candidates.logits[0]
  let greatest = -Infinity
  for (let index = 0; index < candidates.count; index++) {
    if (candidates.logits[index] > greatest) greatest = candidates.logits[index]
  }
  return greatest
}

/** Sum of exp(logit - greatest) over the set, to some 1e-8 of itself. */
export function totalMass(candidates: Candidates, greatest: number): number {
  let sum = 0
  for (let index = 0; index < candidates.count; index++) sum += expOfNegative(candidates.logits[index] - greatest)
  return sum
}

const stepsPerUnit = 64
const tableUnits = 64
/** exp(-i / 64) */
const expTable = Float64Array.from({ length: tableUnits * stepsPerUnit + 1 }, (_, index) =>
  Math.exp(-index / stepsPerUnit),
)

/**
 * exp(x) for x <= 0: a table and three terms of the series, exact to 3e-9 of the value. A vocabulary of 262,144 tokens needs as
 * many of them per answer token, and Math.exp takes six times as long.
 */
export function expOfNegative(x: number): number {
  if (!(x > -tableUnits)) return Math.exp(x)
  const index = Math.trunc(-x * stepsPerUnit)
  const rest = x + index / stepsPerUnit
  return expTable[index] * (1 + rest * (1 + rest * (0.5 + rest / 6)))
}

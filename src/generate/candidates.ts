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

/** Fills the set with every token whose logit is above minus infinity. */
export function fillCandidates(candidates: Candidates, logits: Float32Array): void {
  let count = 0
  for (let token = 0; token < logits.length; token++) {
    if (!(logits[token] > -Infinity)) continue
    candidates.ids[count] = token
    candidates.logits[count] = logits[token]
    count++
  }
  candidates.count = count
  candidates.ordered = 0
}

/** Brings the `count` greatest to the front, in falling order. */
export function orderGreatest(candidates: Candidates, count: number): void {
  const wanted = Math.min(count, candidates.count)
  if (candidates.ordered >= wanted) return
  moveToFront(candidates, greatestIndices(candidates.logits, wanted, candidates.count))
  candidates.ordered = wanted
}

/** Puts the entries at `indices` first, in that order, and keeps the others behind them. */
export function moveToFront(candidates: Candidates, indices: Int32Array): void {
  const { ids, logits, count } = candidates
  const taken = new Uint8Array(count)
  const frontIds = new Int32Array(indices.length)
  const frontLogits = new Float32Array(indices.length)
  for (let place = 0; place < indices.length; place++) {
    taken[indices[place]] = 1
    frontIds[place] = ids[indices[place]]
    frontLogits[place] = logits[indices[place]]
  }
  // From the back, so that entries move behind the front without overwriting unread ones.
  let write = count - 1
  for (let read = count - 1; read >= 0; read--) {
    if (taken[read] === 1) continue
    ids[write] = ids[read]
    logits[write] = logits[read]
    write--
  }
  ids.set(frontIds)
  logits.set(frontLogits)
}

/** Keeps the first `count` entries. */
export function cutCandidates(candidates: Candidates, count: number): void {
  candidates.count = Math.min(candidates.count, count)
  candidates.ordered = Math.min(candidates.ordered, candidates.count)
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

/** Sum of exp(logit - greatest) over the set. */
export function totalMass(candidates: Candidates, greatest: number): number {
  let sum = 0
  for (let index = 0; index < candidates.count; index++) sum += Math.exp(candidates.logits[index] - greatest)
  return sum
}

/** A hash table from a pair of token ids to a merge: open addressing in typed arrays, because it is read for every pair of symbols. */

export interface PairTable {
  /** Index of the entry of the pair, or -1. */
  find(left: number, right: number): number
  /** Adds or replaces; `rank` is the priority (lower first), `merged` the id of the joined token or -1 for "no merge". */
  set(left: number, right: number, rank: number, merged: number): void
  rank(entry: number): number
  merged(entry: number): number
  readonly size: number
}

export function createPairTable(expected = 1024): PairTable {
  let capacity = 1024
  while (capacity < expected * 2) capacity *= 2
  let lefts = new Int32Array(capacity).fill(-1)
  let rights = new Int32Array(capacity)
  let ranks = new Float64Array(capacity)
  let targets = new Int32Array(capacity)
  let size = 0

  function slot(left: number, right: number): number {
    const mask = capacity - 1
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca77)
    hash ^= hash >>> 15
    let at = hash & mask
    while (lefts[at] !== -1 && (lefts[at] !== left || rights[at] !== right)) at = (at + 1) & mask
    return at
  }

  function grow(): void {
    const [oldLefts, oldRights, oldRanks, oldTargets] = [lefts, rights, ranks, targets]
    capacity *= 2
    lefts = new Int32Array(capacity).fill(-1)
    rights = new Int32Array(capacity)
    ranks = new Float64Array(capacity)
    targets = new Int32Array(capacity)
    for (let i = 0; i < oldLefts.length; i++) {
      if (oldLefts[i] === -1) continue
      const at = slot(oldLefts[i], oldRights[i])
      lefts[at] = oldLefts[i]
      rights[at] = oldRights[i]
      ranks[at] = oldRanks[i]
      targets[at] = oldTargets[i]
    }
  }

  return {
    find(left, right) {
      const at = slot(left, right)
      return lefts[at] === -1 ? -1 : at
    },
    set(left, right, rank, merged) {
      if (size * 2 >= capacity) grow()
      const at = slot(left, right)
      if (lefts[at] === -1) size++
      lefts[at] = left
      rights[at] = right
      ranks[at] = rank
      targets[at] = merged
    },
    rank: (entry) => ranks[entry],
    merged: (entry) => targets[entry],
    get size() {
      return size
    },
  }
}

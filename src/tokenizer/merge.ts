/**
 * Byte-pair merging of one word: joins the pair of lowest rank (leftmost first) until no pair can be joined.
 * Short words scan for the best pair; long ones keep a priority queue, so that a megabyte of one letter stays O(n log n).
 */

/** What may be joined. `find` answers an entry for `rank` and `merged`, or -1. */
export interface Merges {
  find(left: number, right: number): number
  rank(entry: number): number
  merged(entry: number): number
}

/** Up to this many symbols a scan of all pairs beats the queue. */
const SCAN_LIMIT = 48

/** Joins `symbols[0..count)` in place and answers how many are left. */
export function mergeSymbols(symbols: Int32Array, count: number, merges: Merges): number {
  return count <= SCAN_LIMIT ? mergeByScan(symbols, count, merges) : mergeByQueue(symbols, count, merges)
}

const scanRanks = new Float64Array(SCAN_LIMIT)
const scanMerged = new Int32Array(SCAN_LIMIT)

function mergeByScan(symbols: Int32Array, count: number, merges: Merges): number {
  const look = (at: number): void => {
    const entry = merges.find(symbols[at], symbols[at + 1])
    scanRanks[at] = entry < 0 ? Infinity : merges.rank(entry)
    scanMerged[at] = entry < 0 ? -1 : merges.merged(entry)
  }
  for (let i = 0; i + 1 < count; i++) look(i)
  while (count > 1) {
    let best = 0
    for (let i = 1; i + 1 < count; i++) if (scanRanks[i] < scanRanks[best]) best = i
    if (scanRanks[best] === Infinity) break
    symbols[best] = scanMerged[best]
    symbols.copyWithin(best + 1, best + 2, count)
    scanRanks.copyWithin(best + 1, best + 2, count)
    scanMerged.copyWithin(best + 1, best + 2, count)
    count--
    if (best > 0) look(best - 1)
    if (best + 1 < count) look(best)
  }
  return count
}

function mergeByQueue(symbols: Int32Array, count: number, merges: Merges): number {
  const next = new Int32Array(count)
  const previous = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    next[i] = i + 1 < count ? i + 1 : -1
    previous[i] = i - 1
  }
  const queue = createQueue()
  const look = (at: number): void => {
    const entry = merges.find(symbols[at], symbols[next[at]])
    if (entry >= 0) queue.push(merges.rank(entry), at)
  }
  for (let i = 0; i + 1 < count; i++) look(i)
  let left = count
  while (queue.pop()) {
    const at = queue.position
    const right = next[at]
    // An entry is stale when either side was joined since; the pair that stands there now is then queued by itself.
    if (symbols[at] < 0 || right < 0) continue
    const entry = merges.find(symbols[at], symbols[right])
    if (entry < 0 || merges.rank(entry) !== queue.rank) continue
    symbols[at] = merges.merged(entry)
    symbols[right] = -1
    next[at] = next[right]
    if (next[right] >= 0) previous[next[right]] = at
    left--
    if (previous[at] >= 0) look(previous[at])
    if (next[at] >= 0) look(at)
  }
  let to = 0
  for (let at = 0; at >= 0; at = next[at]) symbols[to++] = symbols[at]
  return left
}

interface Queue {
  push(rank: number, position: number): void
  /** Takes the least entry into `rank` and `position`; false when empty. */
  pop(): boolean
  rank: number
  position: number
}

/** Entries of one rank: positions that came in ascending order, and a heap of those that did not. */
interface Bucket {
  readonly rank: number
  readonly ascending: number[]
  taken: number
  readonly others: number[]
}

/**
 * Ordered by rank, then by position. Pairs of one rank are nearly always found from left to right, so a list for each
 * rank answers in constant time; only what arrives out of order, and the set of ranks itself, needs a heap.
 */
function createQueue(): Queue {
  const buckets = new Map<number, Bucket>()
  const ranks: number[] = []
  return {
    rank: 0,
    position: 0,
    push(rank, position) {
      let bucket = buckets.get(rank)
      if (!bucket) {
        bucket = { rank, ascending: [], taken: 0, others: [] }
        buckets.set(rank, bucket)
        pushHeap(ranks, rank)
      }
      const { ascending } = bucket
      if (ascending.length === 0 || position >= ascending[ascending.length - 1]) ascending.push(position)
      else pushHeap(bucket.others, position)
    },
    pop() {
      while (ranks.length > 0) {
        const bucket = buckets.get(ranks[0])
        if (bucket && (bucket.taken < bucket.ascending.length || bucket.others.length > 0)) {
          this.rank = bucket.rank
          this.position = takeFrom(bucket)
          return true
        }
        buckets.delete(popHeap(ranks))
      }
      return false
    },
  }
}

function takeFrom(bucket: Bucket): number {
  const { ascending, others } = bucket
  const next = bucket.taken < ascending.length ? ascending[bucket.taken] : Infinity
  if (others.length > 0 && others[0] < next) return popHeap(others)
  bucket.taken++
  return next
}

/** Adds to a binary min-heap. */
function pushHeap(heap: number[], value: number): void {
  let at = heap.length
  heap.push(value)
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (heap[parent] <= value) break
    heap[at] = heap[parent]
    at = parent
  }
  heap[at] = value
}

/** Takes the least value of a heap that is not empty. */
function popHeap(heap: number[]): number {
  const least = heap[0]
  const value = heap.pop() ?? least
  if (heap.length === 0) return least
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && heap[child + 1] < heap[child]) child++
    if (value <= heap[child]) break
    heap[at] = heap[child]
    at = child
  }
  heap[at] = value
  return least
}

/** Byte strings with ids as one flat tree in pre-order: made for walking large parts of it along with a grammar. */

export interface ByteTrie {
  /** Node 0 is the root. A node's first child, if any, is the node after it. */
  readonly nodes: number
  /** The byte that leads to a node. */
  readonly bytes: Uint8Array
  /** The length of the byte string that a node stands for. */
  readonly depths: Uint16Array
  /** Node -> the first node behind its subtree, which is its next sibling if it has one. */
  readonly ends: Uint32Array
  /** Node -> an id whose byte string ends there, or -1. */
  readonly ids: Int32Array
  /** Id -> a further id with the same byte string, or -1. */
  readonly nextSame: Int32Array
  readonly maxDepth: number
}

/** The sorted order and bytes of the entries that a trie is built from; sub-tries filter it. */
export interface SortedEntries {
  readonly ids: Uint32Array
  /** Id -> where its bytes start in `bytes`; the next entry tells where they end. */
  readonly offsets: Uint32Array
  readonly bytes: Uint8Array
}

/** Sorts the ids with a byte string of at least one byte; `bytesOf` gives undefined for those to leave out. */
export function sortEntries(size: number, bytesOf: (id: number) => Uint8Array | undefined): SortedEntries {
  const offsets = new Uint32Array(size + 1)
  let bytes = new Uint8Array(size * 8)
  let length = 0
  const kept: number[] = []
  for (let id = 0; id < size; id++) {
    offsets[id] = length
    const entry = bytesOf(id)
    if (entry === undefined || entry.length === 0) continue
    if (length + entry.length > bytes.length) {
      const old = bytes
      bytes = new Uint8Array((length + entry.length) * 2)
      bytes.set(old)
    }
    bytes.set(entry, length)
    length += entry.length
    kept.push(id)
  }
  offsets[size] = length
  const entries = { ids: Uint32Array.from(kept), offsets, bytes: bytes.subarray(0, length) }
  radixSort(entries)
  return entries
}

/** Sorts by byte strings from the first byte on, shorter before longer; equal ones keep their order. */
function radixSort({ ids, offsets, bytes }: SortedEntries): void {
  const scratch = new Uint32Array(ids.length)
  // Per depth, since an outer call is still reading its counts while an inner one runs.
  const counts: Uint32Array[] = []
  const keyAt = (id: number, depth: number): number => {
    const at = offsets[id] + depth
    return at < offsets[id + 1] ? bytes[at] + 1 : 0
  }
  const sort = (from: number, to: number, depth: number): void => {
    if (to - from <= 16) return insertionSort(from, to, depth)
    const starts = (counts[depth] ??= new Uint32Array(258)).fill(0)
    for (let i = from; i < to; i++) starts[keyAt(ids[i], depth) + 1]++
    for (let key = 0; key < 257; key++) starts[key + 1] += starts[key]
    const next = starts.slice(0, 257)
    for (let i = from; i < to; i++) scratch[from + next[keyAt(ids[i], depth)]++] = ids[i]
    ids.set(scratch.subarray(from, to), from)
    // Key 0 is the strings that end here: they are equal.
    for (let key = 1; key < 257; key++) {
      if (starts[key + 1] - starts[key] > 1) sort(from + starts[key], from + starts[key + 1], depth + 1)
    }
  }
  const insertionSort = (from: number, to: number, depth: number): void => {
    for (let i = from + 1; i < to; i++) {
      const id = ids[i]
      let j = i - 1
      while (j >= from && isGreater(ids[j], id, depth)) {
        ids[j + 1] = ids[j]
        j--
      }
      ids[j + 1] = id
    }
  }
  const isGreater = (left: number, right: number, depth: number): boolean => {
    for (let at = depth; ; at++) {
      const leftKey = keyAt(left, at)
      const rightKey = keyAt(right, at)
      if (leftKey !== rightKey) return leftKey > rightKey
      if (leftKey === 0) return false
    }
  }
  sort(0, ids.length, 0)
}

/** Builds the trie of the entries that `keep` lets through (default: all of them). */
export function buildByteTrie(entries: SortedEntries, keep?: (id: number) => boolean): ByteTrie {
  const { offsets, bytes: entryBytes } = entries
  const ids = keep ? entries.ids.filter((id) => keep(id)) : entries.ids
  const room = countNodes(entries, ids)
  const bytes = new Uint8Array(room)
  const depths = new Uint16Array(room)
  const ends = new Uint32Array(room)
  const nodeIds = new Int32Array(room).fill(-1)
  const nextSame = new Int32Array(offsets.length - 1).fill(-1)
  /** The open node at each depth. */
  const open: number[] = [0]
  let nodes = 1
  let maxDepth = 0
  let before = -1
  for (const id of ids) {
    const start = offsets[id]
    const length = offsets[id + 1] - start
    const shared = before < 0 ? 0 : sharedPrefix(entries, before, id)
    while (open.length > shared + 1) ends[open.pop() as number] = nodes
    for (let depth = shared + 1; depth <= length; depth++) {
      bytes[nodes] = entryBytes[start + depth - 1]
      depths[nodes] = depth
      open.push(nodes++)
    }
    const node = open[open.length - 1]
    nextSame[id] = nodeIds[node]
    nodeIds[node] = id
    maxDepth = Math.max(maxDepth, length)
    before = id
  }
  while (open.length > 0) ends[open.pop() as number] = nodes
  return { nodes, bytes, depths, ends, ids: nodeIds, nextSame, maxDepth }
}

function countNodes(entries: SortedEntries, ids: Uint32Array): number {
  let nodes = 1
  let before = -1
  for (const id of ids) {
    const length = entries.offsets[id + 1] - entries.offsets[id]
    nodes += length - (before < 0 ? 0 : sharedPrefix(entries, before, id))
    before = id
  }
  return nodes
}

function sharedPrefix({ offsets, bytes }: SortedEntries, left: number, right: number): number {
  const leftStart = offsets[left]
  const rightStart = offsets[right]
  const most = Math.min(offsets[left + 1] - leftStart, offsets[right + 1] - rightStart)
  let shared = 0
  while (shared < most && bytes[leftStart + shared] === bytes[rightStart + shared]) shared++
  return shared
}

/** The child of `node` along `byte`, or -1. */
export function childOf(trie: ByteTrie, node: number, byte: number): number {
  const end = trie.ends[node]
  for (let child = node + 1; child < end; child = trie.ends[child]) {
    if (trie.bytes[child] === byte) return child
  }
  return -1
}

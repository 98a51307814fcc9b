/** The difference of two texts in words, as edits with places in the first one (Myers 1986, the shortest script). */

export interface Edit {
  /** Place in the source, UTF-16 units, `end` exclusive; equal where something is only added. */
  readonly start: number
  readonly end: number
  readonly original: string
  readonly replacement: string
}

/** Words, spaces and single signs: joined they are the text. */
export function wordPieces(text: string): string[] {
  return text.match(/[\p{L}\p{M}\p{N}'\u2019]+|\s+|[^\p{L}\p{M}\p{N}\s'\u2019]/gu) ?? []
}

/** The edits that turn `source` into `target`, in order; neighbouring changes are one edit. */
export function diffWords(source: string, target: string): Edit[] {
  const from = wordPieces(source)
  const to = wordPieces(target)
  const kept = commonPieces(from, to)
  const edits: Edit[] = []
  let [i, j, start] = [0, 0, 0]
  for (const [sourceAt, targetAt] of [...kept, [from.length, to.length] as const]) {
    const original = from.slice(i, sourceAt).join('')
    const replacement = to.slice(j, targetAt).join('')
    if (original !== replacement) edits.push({ start, end: start + original.length, original, replacement })
    start += original.length + (from[sourceAt]?.length ?? 0)
    ;[i, j] = [sourceAt + 1, targetAt + 1]
  }
  return joinAcrossSpace(source, edits)
}

/** Applies edits with places in `source`, in any order; they may not overlap. */
export function applyEdits(source: string, edits: readonly Edit[]): string {
  const parts: string[] = []
  let at = 0
  for (const { start, end, replacement } of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    parts.push(source.slice(at, start), replacement)
    at = end
  }
  return [...parts, source.slice(at)].join('')
}

/** Places of a longest common subsequence, found greedily along diagonals. */
function commonPieces(from: readonly string[], to: readonly string[]): (readonly [number, number])[] {
  const [n, m] = [from.length, to.length]
  /** Furthest place in `from` on each diagonal, for each number of changes. */
  const traces: Map<number, number>[] = []
  let furthest = new Map([[1, 0]])
  for (let changes = 0; changes <= n + m; changes++) {
    traces.push(new Map(furthest))
    const next = new Map(furthest)
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      let x = startOf(next, diagonal, changes)
      while (x < n && x - diagonal < m && from[x] === to[x - diagonal]) x++
      next.set(diagonal, x)
      if (x >= n && x - diagonal >= m) return walkBack(traces, n, m)
    }
    furthest = next
  }
  return []
}

/** Whether the best way to a diagonal comes from the one above or below. */
function startOf(furthest: ReadonlyMap<number, number>, diagonal: number, changes: number): number {
  const [below, above] = [furthest.get(diagonal - 1) ?? -1, furthest.get(diagonal + 1) ?? -1]
  return diagonal === -changes || (diagonal !== changes && below < above) ? above : below + 1
}

function walkBack(traces: readonly ReadonlyMap<number, number>[], n: number, m: number): (readonly [number, number])[] {
  const kept: (readonly [number, number])[] = []
  let [x, y] = [n, m]
  for (let changes = traces.length - 1; changes >= 0; changes--) {
    const furthest = traces[changes]
    const diagonal = x - y
    const [below, above] = [furthest.get(diagonal - 1) ?? -1, furthest.get(diagonal + 1) ?? -1]
    const previous = diagonal === -changes || (diagonal !== changes && below < above) ? diagonal + 1 : diagonal - 1
    const previousX = furthest.get(previous) ?? 0
    const previousY = previousX - previous
    while (x > Math.max(previousX, 0) && y > Math.max(previousY, 0)) kept.push([--x, --y])
    ;[x, y] = [previousX, previousY]
  }
  return kept.toReversed()
}

/** "was late" to "were on time" is one edit, not two with a space between them. */
function joinAcrossSpace(source: string, edits: readonly Edit[]): Edit[] {
  return edits.reduce<Edit[]>((joined, edit) => {
    const last = joined.at(-1)
    const between = last === undefined ? '' : source.slice(last.end, edit.start)
    if (last === undefined || !/^\s+$/.test(between) || (isPure(last) && isPure(edit))) return [...joined, edit]
    const original = source.slice(last.start, edit.end)
    const replacement = `${last.replacement}${between}${edit.replacement}`
    return [...joined.slice(0, -1), { start: last.start, end: edit.end, original, replacement }]
  }, [])
}

/** One word for one word: such edits stand for themselves. */
function isPure({ original, replacement }: Edit): boolean {
  return wordPieces(original).length === 1 && wordPieces(replacement).length === 1
}

/** Groups of vectors that point the same way: each joins the nearest group by its centre, then groups that are near become one. */
import { dot } from './source-support.ts'

/**
 * Agglomerative clustering with average linkage (Sokal and Michener 1958): the two groups with the greatest mean cosine are joined until
 * none reaches `leastCosine`. Vectors have unit length. Groups come in the order of their first members.
 */
export function clusterVectors(vectors: readonly Float32Array[], leastCosine: number): number[][] {
  const groups: (number[] | undefined)[] = vectors.map((_, index) => [index])
  /** Sums of the cosines of all pairs between two groups. */
  const sums = vectors.map((vector) => Float64Array.from(vectors, (other) => dot(vector, other)))
  const meanOf = (a: number, b: number): number => sums[a][b] / ((groups[a]?.length ?? 1) * (groups[b]?.length ?? 1))
  const nearestTo = (a: number): { at: number; cosine: number } => {
    let nearest = { at: -1, cosine: -Infinity }
    for (let b = 0; b < groups.length; b++) {
      if (b === a || groups[b] === undefined) continue
      const cosine = meanOf(a, b)
      if (cosine > nearest.cosine) nearest = { at: b, cosine }
    }
    return nearest
  }
  const nearest = vectors.map((_, index) => nearestTo(index))
  for (;;) {
    let a = -1
    for (const [index, { cosine }] of nearest.entries()) {
      if (groups[index] !== undefined && cosine >= leastCosine && (a < 0 || cosine > nearest[a].cosine)) a = index
    }
    if (a < 0) break
    const [kept, gone] = [a, nearest[a].at].toSorted((x, y) => x - y)
    groups[kept] = [...(groups[kept] ?? []), ...(groups[gone] ?? [])]
    groups[gone] = undefined
    sums[kept] = sums[kept].map((sum, index) => sum + sums[gone][index])
    for (const [index, row] of sums.entries()) row[kept] = sums[kept][index]
    // Means only fall by joining, so that of the others only those change whose nearest group was one of the two.
    for (const [index, { at }] of nearest.entries()) {
      if (index === kept || at === kept || at === gone) nearest[index] = nearestTo(index)
    }
  }
  return groups.filter((group) => group !== undefined).map((members) => members.toSorted((a, b) => a - b))
}

/** Vectors of texts by their words alone, each word weighed by its rarity, unit length: for want of an encoder. */
export function wordVectors(texts: readonly ReadonlySet<string>[]): Float32Array[] {
  const counts = new Map<string, number>()
  for (const words of texts) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  const places = new Map([...counts.keys()].map((word, index) => [word, index]))
  return texts.map((words) => {
    const vector = new Float32Array(counts.size)
    for (const word of words) vector[places.get(word) ?? 0] = Math.log(1 + texts.length / (counts.get(word) ?? 1))
    const length = Math.sqrt(dot(vector, vector)) || 1
    return vector.map((value) => value / length)
  })
}

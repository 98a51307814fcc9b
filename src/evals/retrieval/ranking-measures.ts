/** How good a ranking is, from the places of what should have been found. All are 0 to 1. */

/** One over the first rank, up to `depth`, that is relevant; 0 where none is. */
export function reciprocalRank(ranked: readonly string[], relevant: ReadonlySet<string>, depth = 10): number {
  const place = ranked.slice(0, depth).findIndex((item) => relevant.has(item))
  return place < 0 ? 0 : 1 / (place + 1)
}

/** Share of the relevant that is among the first `depth`. */
export function recallAt(ranked: readonly string[], relevant: ReadonlySet<string>, depth: number): number {
  const found = new Set(ranked.slice(0, depth).filter((item) => relevant.has(item)))
  return found.size / relevant.size
}

/** Discounted gain over the best that is possible (Jaervelin and Kekaelaeinen 2002), each relevant item worth 1. */
export function ndcgAt(ranked: readonly string[], relevant: ReadonlySet<string>, depth = 10): number {
  const discount = (place: number): number => 1 / Math.log2(place + 2)
  const gain = ranked
    .slice(0, depth)
    .reduce((sum, item, place) => sum + (relevant.has(item) && ranked.indexOf(item) === place ? discount(place) : 0), 0)
  const best = Array.from({ length: Math.min(depth, relevant.size) }, (_, place) => discount(place))
  return gain / best.reduce((sum, value) => sum + value, 0)
}

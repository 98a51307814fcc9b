/** Drawing without putting back. */
import type { Random } from '../../util/random.ts'

/** `count` different items, or all where there are fewer; each by its weight among those left. */
export function drawDistinct<T>(
  items: readonly T[],
  count: number,
  weightOf: (item: T) => number,
  { float }: Random,
): T[] {
  const left = items.map((item) => ({ item, weight: weightOf(item) }))
  const drawn: T[] = []
  while (left.length > 0 && drawn.length < count) {
    let point = float() * left.reduce((sum, { weight }) => sum + weight, 0)
    const at = left.findIndex(({ weight }) => (point -= weight) < 0)
    // Where no weight is left, in the order of the items.
    drawn.push(...left.splice(Math.max(0, at), 1).map(({ item }) => item))
  }
  return drawn
}

/** Sets of Unicode code points as sorted, separate, inclusive ranges. */

export interface CharacterSet {
  /** First and last code point of each range, one after the other: `[48, 57, 97, 122]`. */
  readonly ranges: readonly number[]
}

export const LAST_CODE_POINT = 0x10ffff

/** The set of some ranges in any order; they may overlap. */
export function characterSet(...ranges: readonly (readonly [first: number, last: number])[]): CharacterSet {
  const sorted = [...ranges].sort((left, right) => left[0] - right[0])
  const merged: number[] = []
  for (const [first, last] of sorted) {
    const end = merged.length - 1
    if (end > 0 && first <= merged[end] + 1) merged[end] = Math.max(merged[end], last)
    else merged.push(first, last)
  }
  return { ranges: merged }
}

export function unionOf(sets: readonly CharacterSet[]): CharacterSet {
  if (sets.length === 1) return sets[0]
  return characterSet(...sets.flatMap(rangePairs))
}

export function complementOf(set: CharacterSet): CharacterSet {
  const ranges: number[] = []
  let next = 0
  for (const [first, last] of rangePairs(set)) {
    if (first > next) ranges.push(next, first - 1)
    next = last + 1
  }
  if (next <= LAST_CODE_POINT) ranges.push(next, LAST_CODE_POINT)
  return { ranges }
}

function rangePairs({ ranges }: CharacterSet): [number, number][] {
  const pairs: [number, number][] = []
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i], ranges[i + 1]])
  return pairs
}

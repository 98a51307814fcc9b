/** Rankings joined into one by reciprocal ranks (Cormack, Clarke and Buettcher 2009): scores of different kinds need not compare. */
import type { ScoredRow } from './vector-scan.ts'

/**
 * What softens the lead of the first ranks: a rank r adds weight / (10 + r). The paper's 60 is for many rankings of much the same worth;
 * of two, it lets a middling place in both beat the first in one.
 */
const offset = 10

export interface Ranking {
  /** Best first. */
  readonly rows: readonly number[]
  readonly weight: number
  /** How far each row can be trusted, 0 to 1, times the weight. Default 1. */
  readonly trust?: readonly number[] | undefined
}

/** Rows of all rankings by their sums, best first; of equal ones the lower row. */
export function fuseRankings(rankings: readonly Ranking[]): ScoredRow[] {
  const scores = new Map<number, number>()
  for (const { rows, weight, trust } of rankings) {
    rows.forEach((row, index) => {
      const share = (weight * (trust?.[index] ?? 1)) / (offset + index + 1)
      scores.set(row, (scores.get(row) ?? 0) + share)
    })
  }
  return [...scores].map(([row, score]) => ({ row, score })).toSorted((a, b) => b.score - a.score || a.row - b.row)
}

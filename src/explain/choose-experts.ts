/** The rules of a router with capacity: the best k, slots in order of arrival, and weights that sum to 1 before or after drops. */
import type { Matrix } from './explanation.ts'
import { zero } from './fraction.ts'
import { sum } from './matrix.ts'
import type { Numbers } from './numbers.ts'

/** Whether the weights of a token sum to 1 over all its choices, over those with a slot, or not at all. */
export type Renormalisation = 'before' | 'after' | 'none'

export interface Choice {
  readonly expert: number
  /** 0 for the best. */
  readonly rank: number
  /** Place in the expert's batch; undefined: it was full. */
  readonly slot: number | undefined
}

/** Indices of the k greatest gates of each token, best first; of equal ones the first. [T, k] */
export function chooseExperts<N>(numbers: Numbers<N>, gates: Matrix<N>, k: number): number[][] {
  return gates.map((row) =>
    row
      .map((gate, expert) => ({ gate: numbers.toNumber(gate), expert }))
      .toSorted((a, b) => b.gate - a.gate || a.expert - b.expert)
      .slice(0, k)
      .map(({ expert }) => expert),
  )
}

/** All first choices in the order of the tokens, then all second ones, and so on (GShard). [T, k] */
export function assignSlots(ranked: readonly (readonly number[])[], capacity: number): Choice[][] {
  const used = new Map<number, number>()
  const choices: Choice[][] = ranked.map(() => [])
  const k = ranked[0]?.length ?? 0
  for (let rank = 0; rank < k; rank++) {
    ranked.forEach((row, token) => {
      const expert = row[rank]
      const place = used.get(expert) ?? 0
      used.set(expert, place + 1)
      choices[token].push({ expert, rank, slot: place < capacity ? place : undefined })
    })
  }
  return choices
}

/** Weights of the choices [T, k]; what found no slot counts nothing after the division. */
export function weighChoices<N>(
  numbers: Numbers<N>,
  gates: Matrix<N>,
  choices: readonly (readonly Choice[])[],
  renormalise: Renormalisation,
): N[][] {
  const none = numbers.of(zero)
  return choices.map((row, token) => {
    const chosen = row.map(({ expert }) => gates[token][expert])
    const kept = row.map(({ slot }, rank) => (slot === undefined ? none : chosen[rank]))
    const counted = renormalise === 'after' ? kept : chosen
    const total = sum(numbers, counted)
    if (renormalise === 'none' || numbers.toNumber(total) === 0) return kept
    return kept.map((gate) => numbers.divide(gate, total))
  })
}

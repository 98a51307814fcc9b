/** What a routing did, for logs and curves: counts, so no gradient flows through them. */
import type { Routing } from './route-tokens.ts'

export interface RoutingStatistics {
  /** [E] share of tokens whose first choice is the expert; sums to 1. */
  readonly firstChoices: readonly number[]
  /** [E] share of all kept choices; sums to 1 unless nothing is kept. */
  readonly load: readonly number[]
  /** Greatest load times E: 1 is perfect balance, E is one expert for all. */
  readonly imbalance: number
  /** [k] choices that found no slot, by rank. */
  readonly dropped: readonly number[]
  /** Second choices that the policy refused. */
  readonly refused: number
  /** Tokens that no expert sees. */
  readonly unrouted: number
}

export function routingStatistics({
  rule,
  tokens,
  experts,
  choices,
  positions,
  kept,
  load,
}: Routing): RoutingStatistics {
  const { k } = rule
  const firstChoices = Array.from({ length: experts }, () => 0)
  const dropped = Array.from({ length: k }, () => 0)
  let refused = 0
  let unrouted = 0
  for (let t = 0; t < tokens; t++) {
    firstChoices[choices[t * k]] += 1 / tokens
    let used = 0
    for (let rank = 0; rank < k; rank++) {
      const index = t * k + rank
      used += kept[index]
      if (positions[index] < 0) refused++
      else if (kept[index] === 0) dropped[rank]++
    }
    if (used === 0) unrouted++
  }
  const total = load.reduce((sum, count) => sum + count, 0)
  const shares = Array.from(load, (count) => (total === 0 ? 0 : count / total))
  return { firstChoices, load: shares, imbalance: Math.max(...shares) * experts, dropped, refused, unrouted }
}

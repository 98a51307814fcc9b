/** Whether a model's values say anything: how they go with what came of the states. */
import type { SearchNode } from './node.ts'

export interface ValueCorrelation {
  readonly ends: number
  /** Pearson's, from -1 to 1. */
  readonly correlation: number
}

/**
 * Of each judged end its score, and the value of the last state before it. Undefined where all scores or all values are equal, which says
 * nothing about the values.
 */
export function valueCorrelation(nodes: readonly SearchNode[]): ValueCorrelation | undefined {
  const pairs = nodes.flatMap(({ parent, verdict, rollout }) =>
    parent?.parent === undefined || verdict === undefined || rollout ? [] : [[parent.prior, verdict.score]],
  )
  const ends = pairs.length
  const mean = (side: 0 | 1): number => pairs.reduce((sum, pair) => sum + pair[side], 0) / ends
  const [valueMean, scoreMean] = [mean(0), mean(1)]
  let valueSpread = 0
  let scoreSpread = 0
  let together = 0
  for (const [value, score] of pairs) {
    valueSpread += (value - valueMean) ** 2
    scoreSpread += (score - scoreMean) ** 2
    together += (value - valueMean) * (score - scoreMean)
  }
  if (valueSpread === 0 || scoreSpread === 0) return undefined
  return { ends, correlation: together / Math.sqrt(valueSpread * scoreSpread) }
}

/** Below this, over so many ends, plain sampling finds as much and costs less. */
const usefulCorrelation = 0.2
const endsToTell = 20

export function isValueUninformative(nodes: readonly SearchNode[]): boolean {
  const { ends = 0, correlation = 1 } = valueCorrelation(nodes) ?? {}
  return ends >= endsToTell && correlation <= usefulCorrelation
}

/** The weights of a routing as a matrix, and their gradient: choices, positions and draws are constants of it. */
import type { Routing } from './route-tokens.ts'

/** [T, E]: what multiplies each expert's output for each token, 0 where the token does not go. */
export function combineWeights({ rule, tokens, experts, choices, weights }: Routing): Float64Array {
  const combine = new Float64Array(tokens * experts)
  weights.forEach((weight, index) => (combine[Math.floor(index / rule.k) * experts + choices[index]] += weight))
  return combine
}

/** Gradient with respect to the router logits [T, E], where `upstream` [T, E] is that with respect to `combineWeights`. */
export function combineGradient(routing: Routing, upstream: ArrayLike<number>): Float64Array {
  const { tokens, experts: E, probabilities } = routing
  const gradient = new Float64Array(tokens * E)
  for (let t = 0; t < tokens; t++) {
    const p = probabilities.subarray(t * E, (t + 1) * E)
    gradient.set(softmaxGradient(p, gateGradient(routing, t, upstream)), t * E)
  }
  return gradient
}

/** Of token t: gradient with respect to its probabilities [E]. A weight is p_e, or p_e divided by the sum over those that count. */
function gateGradient(routing: Routing, t: number, upstream: ArrayLike<number>): Float64Array {
  const { rule, experts: E, probabilities, choices, kept } = routing
  const gradient = new Float64Array(E)
  const ranks = Array.from({ length: rule.k }, (_, rank) => t * rule.k + rank)
  const keptRanks = ranks.filter((index) => kept[index] === 1)
  const at = (index: number): number => t * E + choices[index]
  if (rule.renormalise === 'never') {
    for (const index of keptRanks) gradient[choices[index]] = upstream[at(index)]
    return gradient
  }
  const counted = rule.renormalise === 'before-drop' ? ranks : keptRanks
  const total = counted.reduce((sum, index) => sum + probabilities[at(index)], 0)
  if (total === 0) return gradient
  const mean = keptRanks.reduce((sum, index) => sum + upstream[at(index)] * probabilities[at(index)], 0) / total
  for (const index of counted) {
    gradient[choices[index]] = ((kept[index] === 1 ? upstream[at(index)] : 0) - mean) / total
  }
  return gradient
}

/** Through p = softmax(logits): d logit_j = p_j * (d p_j - sum_i p_i * d p_i). */
export function softmaxGradient(probabilities: ArrayLike<number>, upstream: ArrayLike<number>): Float64Array {
  let mean = 0
  for (let i = 0; i < probabilities.length; i++) mean += probabilities[i] * upstream[i]
  return Float64Array.from(probabilities, (p, i) => p * (upstream[i] - mean))
}

/**
 * A router chooses k experts for each token. What it gives are choices [T, 2 k]: the numbers of the experts, best first, then their
 * weights. Expert -1 is none: a choice that a capacity has dropped. All routers give choices, whatever rule they follow.
 */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensors, expectInteger, lastDim, refuse, takeInputs } from '../shape.ts'
import { slice } from './slice.ts'
import { softmaxOf } from './softmax.ts'

export interface RouteAttributes {
  /** Experts per token. */
  readonly k: number
  /**
   * Whether the weights of the chosen experts are divided by their sum, which is then a softmax over their logits alone. (llama.cpp
   * keeps the sum above 6e-5; the k largest of E shares are never less than k / E, so that does nothing below 10,000 experts.)
   */
  readonly renormalise: boolean
  /** Multiplies the weights. Default 1. */
  readonly scale?: number
}

export const routeOp: OpDefinition<RouteAttributes> = {
  name: 'route',
  infer(inputs, { k, scale = 1 }) {
    const [logits] = takeInputs('route', inputs, 1)
    const E = lastDim('route', logits)
    expectInteger('route', 'k', k, 1)
    if (logits.shape.length !== 2 || k > E) refuse('route', `logits [T, E] with E >= ${k}`, describeTensors(inputs))
    if (!Number.isFinite(scale)) refuse('route', 'a finite scale', String(scale))
    return { shape: [logits.shape[0], 2 * k], type: 'f32' }
  },
  reference({ attributes: { k, renormalise, scale = 1 }, inputs: [logits], output }) {
    const E = logits.shape[1]
    for (let t = 0; t * E < logits.data.length; t++) {
      const row = Array.from(logits.data.subarray(t * E, (t + 1) * E))
      const { experts, weights } = chooseExperts(row, k, renormalise)
      output.data.set([...experts, ...weights.map((weight) => weight * scale)], t * 2 * k)
    }
  },
}

/** Experts by falling logit (the lower number first where two are equal) and their weights: softmax over all, then chosen. */
export function chooseExperts(
  logits: readonly number[],
  k: number,
  renormalise: boolean,
): { readonly experts: readonly number[]; readonly weights: readonly number[] } {
  const order = logits.map((_, expert) => expert).toSorted((a, b) => logits[b] - logits[a] || a - b)
  const experts = order.slice(0, k)
  const shares = softmaxOf(logits)
  const total = renormalise ? experts.reduce((sum, expert) => sum + shares[expert], 0) : 1
  return { experts, weights: experts.map((expert) => shares[expert] / total) }
}

/** Router logits [T, E] -> choices [T, 2 k]. */
export function route(g: Graph, logits: Tensor, attributes: RouteAttributes, label?: string): Tensor {
  return g.apply(routeOp, [logits], attributes, label)
}

/** The two halves of choices [T, 2 k]: numbers of experts [T, k] and weights [T, k]. */
export function splitChoices(g: Graph, choices: Tensor): { readonly experts: Tensor; readonly weights: Tensor } {
  const k = choicesPerToken('choices', choices)
  return {
    experts: slice(g, choices, { start: 0, size: k }, 'router_experts'),
    weights: slice(g, choices, { start: k, size: k }, 'router_weights'),
  }
}

/** k of choices [T, 2 k]. @throws OstroError `invalid-argument` when `op` got something else. */
export function choicesPerToken(op: string, choices: Tensor): number {
  const width = lastDim(op, choices)
  return choices.shape.length === 2 && width % 2 === 0
    ? width / 2
    : refuse(op, 'choices [T, 2 k]', describeTensors([choices]))
}

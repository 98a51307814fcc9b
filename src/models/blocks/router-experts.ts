/**
 * The sparse feed-forward block of the encoder-decoders: experts without gates whose slots a router gives out, so that a token can find
 * none and passes by the residual alone. A block is sparse where the file has a router for it.
 */
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { activation, cappedRoute, combineExperts, expertLinear, route, splitChoices } from '../../tensor/ops/index.ts'
import type { ActivationAttributes } from '../../tensor/ops/index.ts'
import { isDropless } from '../../tensor/routing/index.ts'
import type { RouterRule } from '../../tensor/routing/index.ts'
import type { ForwardOptions } from '../architecture.ts'
import type { Weights } from '../weights.ts'
import type { Side } from './encoder.ts'
import { linear, readLinear } from './linear.ts'
import type { Linear } from './linear.ts'

export interface RoutedExpertsConfig {
  /** E */
  readonly experts: number
  readonly rule: RouterRule
  /** Of the numbers that a random policy draws; each router has a stream of its own. */
  readonly seed: number
  /** Draws by position to be used instead, by router: `encoder.1`. */
  readonly draws: Readonly<Record<string, readonly number[]>>
}

/** Where a block stands: names its router in outputs, and tells its random numbers from those of others. */
export interface BlockPlace {
  readonly side: Side
  readonly layer: number
}

export interface RoutedExpertsWeights {
  readonly ffnGateInp: Linear // [E, D]
  readonly ffnUpExps: Tensor // [E, F, D]
  readonly ffnUpExpsBias: Tensor | undefined // [E, F]
  readonly ffnDownExps: Tensor // [E, D, F]
  readonly ffnDownExpsBias: Tensor | undefined // [E, D]
}

/** Undefined where the block is dense. @throws OstroError `invalid-file` when a router has no experts of these sizes. */
export function readRoutedExperts(
  weights: Weights,
  { D, E, F }: { readonly D: number; readonly E: number; readonly F: number },
): RoutedExpertsWeights | undefined {
  if (weights.optional('ffn_gate_inp.weight', [E, D]) === undefined) return undefined
  return {
    ffnGateInp: readLinear(weights, 'ffn_gate_inp', E, D),
    ffnUpExps: weights.tensor('ffn_up_exps.weight', [E, F, D]),
    ffnUpExpsBias: weights.optional('ffn_up_exps.bias', [E, F]),
    ffnDownExps: weights.tensor('ffn_down_exps.weight', [E, D, F]),
    ffnDownExpsBias: weights.optional('ffn_down_exps.bias', [E, D]),
  }
}

/** x [T, D] -> [T, D]; outputs what the router saw and chose as `router.<side>.<layer>.*` when asked. */
export function routedExperts(
  g: Graph,
  x: Tensor,
  w: RoutedExpertsWeights,
  config: RoutedExpertsConfig,
  kind: ActivationAttributes['kind'],
  place: BlockPlace,
  options: ForwardOptions,
): Tensor {
  const logits = linear(g, x, w.ffnGateInp, 'router_logits') // [T, E]
  const choices = chooseExperts(g, logits, config, place) // [T, 2 k]
  if (options.hidden === true) outputRouter(g, logits, choices, place)
  const up = { weight: w.ffnUpExps, bias: w.ffnUpExpsBias }
  const down = { weight: w.ffnDownExps, bias: w.ffnDownExpsBias }
  const inner = activation(g, expertLinear(g, x, choices, up, 'ffn_up_exps'), kind, 'ffn_activation_exps') // [T, k * F]
  const outer = expertLinear(g, inner, choices, down, 'ffn_down_exps') // [T, k * D]
  return combineExperts(g, outer, choices, 'ffn_experts') // [T, D]
}

/** A rule that can drop nothing needs no slots. */
function chooseExperts(
  g: Graph,
  logits: Tensor,
  { rule, seed, draws }: RoutedExpertsConfig,
  { side, layer }: BlockPlace,
): Tensor {
  const { k, renormalise } = rule
  if (isDropless(rule)) return route(g, logits, { k, renormalise: renormalise !== 'never' }, 'router_choices')
  const stream = seed + 2 * layer + (side === 'encoder' ? 0 : 1)
  return cappedRoute(g, logits, { rule, seed: stream, draws: draws[`${side}.${layer}`] }, 'router_choices')
}

/** `.logits` [T, E], `.experts` [T, k] as numbers, best first, -1 for none, and `.weights` [T, k]. */
function outputRouter(g: Graph, logits: Tensor, choices: Tensor, { side, layer }: BlockPlace): void {
  const { experts, weights } = splitChoices(g, choices)
  g.output(`router.${side}.${layer}.logits`, logits)
  g.output(`router.${side}.${layer}.experts`, experts)
  g.output(`router.${side}.${layer}.weights`, weights)
}

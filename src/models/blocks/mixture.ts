/** The sparse feed-forward block: a router sends each token to k of E gated feed-forward blocks and adds up what they give, by weight. */
import type { WeightSource } from '../../tensor/device.ts'
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { combineExperts, expertLinear, glu, route, splitChoices } from '../../tensor/ops/index.ts'
import type { GluKind } from '../../tensor/ops/index.ts'
import { reshapedSource, rowRangesSource, stackedSource } from '../../tensor/weight-source.ts'
import { OstroError } from '../../util/error.ts'
import type { ForwardOptions } from '../architecture.ts'
import { optionalCount, optionalNumber, readCount, refuseField } from '../config-fields.ts'
import type { ConfigFields } from '../config-fields.ts'
import type { Weights } from '../weights.ts'
import { linear, readLinear } from './linear.ts'
import type { Linear } from './linear.ts'

export interface MixtureConfig {
  /** E */
  readonly experts: number
  /** k: experts per token. */
  readonly expertsPerToken: number
  /** F: inner width of one expert. */
  readonly expertWidth: number
  /** Whether the weights of a token's experts add up to 1. */
  readonly renormalise: boolean
  /** Multiplies the weights. */
  readonly expertScale: number
}

/** The routed part of a block's weights. */
export interface MixtureWeights {
  readonly ffnGateInp: Linear // [E, D]
  readonly ffnGateExps: Tensor // [E, F, D]
  readonly ffnUpExps: Tensor // [E, F, D]
  readonly ffnDownExps: Tensor // [E, D, F]
}

/** @param renormalise what the architecture does, since most files do not say */
export function mixtureFromGguf(fields: ConfigFields, renormalise: boolean): MixtureConfig {
  return checkMixture(fields, 'expert_used_count', {
    experts: readCount(fields, 'expert_count'),
    expertsPerToken: readCount(fields, 'expert_used_count'),
    expertWidth: optionalCount(fields, 'expert_feed_forward_length') ?? readCount(fields, 'feed_forward_length'),
    renormalise,
    // llama.cpp takes 0 for not stated.
    expertScale: optionalNumber(fields, 'expert_weights_scale') || 1,
  })
}

/** @param widthKey the key of an expert's inner width */
export function mixtureFromHf(config: ConfigFields, widthKey: string, renormalise: boolean): MixtureConfig {
  const expertsKey = config.get('num_experts') === undefined ? 'num_local_experts' : 'num_experts'
  return checkMixture(config, 'num_experts_per_tok', {
    experts: readCount(config, expertsKey),
    expertsPerToken: readCount(config, 'num_experts_per_tok'),
    expertWidth: readCount(config, widthKey),
    renormalise,
    expertScale: 1,
  })
}

/** Qwen's names of a router and of the experts, one by one or (Qwen 3.5) all in one tensor. */
export const hfExpertTensors = [
  ['model.layers.#.mlp.gate', 'blk.#.ffn_gate_inp'],
  ['model.layers.#.mlp.experts.*.gate_proj', 'blk.#.ffn_gate_exps.*'],
  ['model.layers.#.mlp.experts.*.up_proj', 'blk.#.ffn_up_exps.*'],
  ['model.layers.#.mlp.experts.*.down_proj', 'blk.#.ffn_down_exps.*'],
  ['model.layers.#.mlp.experts.gate_up_proj', 'blk.#.ffn_gate_up_exps.weight'],
  ['model.layers.#.mlp.experts.down_proj', 'blk.#.ffn_down_exps.weight'],
] as const satisfies readonly (readonly [hf: string, gguf: string])[]

/** @throws OstroError `invalid-file` where the counts do not go together. */
export function checkMixture(fields: ConfigFields, perTokenKey: string, config: MixtureConfig): MixtureConfig {
  const { experts, expertsPerToken } = config
  if (expertsPerToken > experts) refuseField(fields, perTokenKey, `at most ${experts} experts`, expertsPerToken)
  if (experts > mostExperts) refuseField(fields, 'number of experts', `at most ${mostExperts}`, experts)
  return config
}

/** Bounds what a corrupt file can make us build. */
const mostExperts = 4096

export function readMixture(weights: Weights, width: number, { experts, expertWidth }: MixtureConfig): MixtureWeights {
  return {
    ffnGateInp: readLinear(weights, 'ffn_gate_inp', experts, width),
    ffnGateExps: weights.tensor('ffn_gate_exps.weight', [experts, expertWidth, width]),
    ffnUpExps: weights.tensor('ffn_up_exps.weight', [experts, expertWidth, width]),
    ffnDownExps: weights.tensor('ffn_down_exps.weight', [experts, width, expertWidth]),
  }
}

/** x [T, D] -> [T, D]; outputs the router's choices as `router.<layer>.*` when asked. */
export function mixture(
  g: Graph,
  x: Tensor,
  w: MixtureWeights,
  { expertsPerToken: k, renormalise, expertScale }: MixtureConfig,
  { kind, layer, options }: { readonly kind: GluKind; readonly layer: number; readonly options: ForwardOptions },
): Tensor {
  const logits = linear(g, x, w.ffnGateInp, 'router_logits') // [T, E]
  const choices = route(g, logits, { k, renormalise, scale: expertScale }, 'router_choices') // [T, 2 k]
  if (options.hidden === true) outputChoices(g, layer, logits, choices)
  const gate = expertLinear(g, x, choices, { weight: w.ffnGateExps }, 'ffn_gate_exps') // [T, k * F]
  const up = expertLinear(g, x, choices, { weight: w.ffnUpExps }, 'ffn_up_exps') // [T, k * F]
  const inner = glu(g, gate, up, kind, 'ffn_glu_exps') // [T, k * F]
  const outer = expertLinear(g, inner, choices, { weight: w.ffnDownExps }, 'ffn_down_exps') // [T, k * D]
  return combineExperts(g, outer, choices, 'ffn_experts') // [T, D]
}

/** What a router saw and chose: `router.<layer>.logits` [T, E], `.experts` [T, k] as numbers, best first, and `.weights` [T, k]. */
function outputChoices(g: Graph, layer: number, logits: Tensor, choices: Tensor): void {
  const { experts, weights } = splitChoices(g, choices)
  g.output(`router.${layer}.logits`, logits)
  g.output(`router.${layer}.experts`, experts)
  g.output(`router.${layer}.weights`, weights)
}

/**
 * Hugging Face stores experts one by one (renamed: `blk.0.ffn_up_exps.7.weight`), and so did the first GGUF files of Mixtral
 * (`blk.0.ffn_up.7.weight`); GGUF has one tensor [E, ...]: joins them. Gates above ups of one expert, [E, 2 F, D], are parted.
 *
 * @throws OstroError `invalid-file` when a number is missing or the experts differ in shape or type
 */
export function stackExperts(weights: ReadonlyMap<string, WeightSource>): Map<string, WeightSource> {
  const stacked = new Map<string, WeightSource>()
  const groups = new Map<string, Map<number, WeightSource>>()
  for (const [name, source] of weights) {
    const match = /^(.+\.ffn_(?:gate|up|down))(?:_exps)?\.(\d+)(\.weight|\.bias)$/.exec(name)
    if (name.endsWith('.ffn_gate_up_exps.weight')) {
      for (const half of partGateUp(source)) stacked.set(half.name, half)
    } else if (match === null) stacked.set(name, source)
    else {
      const [, base, number, suffix] = match
      const whole = `${base}_exps${suffix}`
      const group = groups.get(whole) ?? new Map<number, WeightSource>()
      groups.set(whole, group.set(Number(number), source))
    }
  }
  for (const [name, group] of groups) {
    const experts = Array.from(
      group.keys(),
      (_, number) => group.get(number) ?? missingExpert(name, number, group.size),
    )
    stacked.set(name, stackedSource(name, experts))
  }
  return stacked
}

/** @throws OstroError `invalid-file` where the tensor is no [E, 2 F, D] */
function partGateUp(source: WeightSource): WeightSource[] {
  const [experts = 0, rows = 0, width = 0] = source.shape
  if (source.shape.length !== 3 || rows % 2 !== 0) {
    const message = `tensor '${source.name}': expected shape [E, 2 F, D], got [${source.shape.join(', ')}].`
    throw new OstroError('invalid-file', message, { tensor: source.name, got: source.shape })
  }
  const half = rows / 2
  const flat = reshapedSource(source, [experts * rows, width])
  return ['gate', 'up'].map((part, index) => {
    const ranges = Array.from({ length: experts }, (_, expert) => [(2 * expert + index) * half, half] as const)
    const name = source.name.replace('gate_up', part)
    return reshapedSource(rowRangesSource(name, flat, ranges), [experts, half, width])
  })
}

function missingExpert(name: string, number: number, count: number): never {
  const message = `tensor '${name}': expected experts 0 to ${count - 1}, but ${number} is missing.`
  throw new OstroError('invalid-file', message, { tensor: name, expert: number })
}

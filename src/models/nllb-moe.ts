/**
 * NLLB with experts: M2M-100 where every few blocks have many feed-forward blocks, of which a token uses two (NLLB Team 2022,
 * arXiv:2207.04672, section 6; the router as transformers 4.57 has it).
 */
import type { Graph } from '../tensor/graph.ts'
import { scale } from '../tensor/ops/index.ts'
import { nllbRouter, routerRule } from '../tensor/routing/index.ts'
import type { Capacity, RouterRule, SecondPolicy } from '../tensor/routing/index.ts'
import type { Architecture, ForwardOptions } from './architecture.ts'
import {
  absoluteDecoder,
  absoluteEncoder,
  absoluteFromHf,
  addSinusoids,
  denseFeedForward,
  hfAbsoluteTensors,
} from './blocks/encoder-absolute.ts'
import type { AbsoluteConfig, FeedForwardPart } from './blocks/encoder-absolute.ts'
import { refuseGguf } from './blocks/encoder-config.ts'
import { stackExperts } from './blocks/mixture.ts'
import { readRoutedExperts, routedExperts } from './blocks/router-experts.ts'
import type { RoutedExpertsConfig } from './blocks/router-experts.ts'
import { optionalCount, optionalString, readCount, readNumber, refuseField } from './config-fields.ts'
import type { ConfigFields } from './config-fields.ts'

export interface NllbMoeConfig extends AbsoluteConfig {
  /** Id of the padding token: positions are counted from the one after it. */
  readonly padToken: number
  readonly router: RoutedExpertsConfig
  /** Multiplies what the experts give: 1 - the share of outputs that training masks. */
  readonly expertScale: number
}

export const nllbMoe: Architecture<NllbMoeConfig> = {
  names: { gguf: [], hf: ['nllb-moe', 'nllb_moe'], hfClasses: ['NllbMoeForConditionalGeneration'] },
  configFromGguf: refuseGguf,
  configFromHf: (config) => ({
    ...absoluteFromHf(config, 'before'),
    padToken: readNumber(config, 'pad_token_id', 1),
    router: { experts: readCount(config, 'num_experts', 128), rule: ruleFromHf(config), seed: 0, draws: {} },
    expertScale: 1 - readShare(config, 'moe_token_dropout', 0.2),
  }),
  hfTensors: [...hfAbsoluteTensors, ...feedForwardTensors('encoder', 'enc'), ...feedForwardTensors('decoder', 'dec')],
  adaptWeights: (weights, config) =>
    addSinusoids(stackExperts(weights), config, { spacing: 'fairseq', offset: config.padToken + 1 }),
  ropes: () => ({}),

  forward(g, weights, config, options) {
    absoluteDecoder(g, weights, config, options, feedForward(g, config, options))
  },
  forwardEncoder(g, weights, config, options) {
    absoluteEncoder(g, weights, config, options, feedForward(g, config, options))
  },
}

function feedForwardTensors(hf: 'encoder' | 'decoder', prefix: string) {
  const [layer, block] = [`model.${hf}.layers.#`, `${prefix}.blk.#`]
  return [
    [`${layer}.cross_attention.q_proj`, `${block}.cross_attn_q`],
    [`${layer}.cross_attention.k_proj`, `${block}.cross_attn_k`],
    [`${layer}.cross_attention.v_proj`, `${block}.cross_attn_v`],
    [`${layer}.cross_attention.out_proj`, `${block}.cross_attn_o`],
    [`${layer}.cross_attention_layer_norm`, `${block}.cross_attn_norm`],
    [`${layer}.ff_layer_norm`, `${block}.ffn_norm`],
    [`${layer}.ffn.fc1`, `${block}.ffn_up`],
    [`${layer}.ffn.fc2`, `${block}.ffn_down`],
    [`${layer}.ffn.router.classifier`, `${block}.ffn_gate_inp`],
    [`${layer}.ffn.experts.*.fc1`, `${block}.ffn_up_exps.*`],
    [`${layer}.ffn.experts.*.fc2`, `${block}.ffn_down_exps.*`],
  ] as const
}

/** What transformers does in evaluation; a share of tokens of 0 or less leaves it the capacity of training. */
function ruleFromHf(config: ConfigFields): RouterRule {
  const fraction = readNumber(config, 'moe_eval_capacity_token_fraction', 1)
  const slots = optionalCount(config, 'expert_capacity')
  const ofTraining: Capacity = slots === undefined ? { kind: 'even-share' } : { kind: 'fixed', slots }
  return {
    ...routerRule(nllbRouter, 'evaluate'),
    capacity: fraction > 0 ? { kind: 'fraction', fraction } : ofTraining,
    renormalise: config.get('normalize_router_prob_before_dropping') === true ? 'before-drop' : 'after-drop',
    second: secondPolicy(config),
    priority: config.get('batch_prioritized_routing') === true ? 'probability' : 'position',
  }
}

function secondPolicy(config: ConfigFields): SecondPolicy {
  const name = optionalString(config, 'second_expert_policy') ?? 'all'
  switch (name) {
    case 'all':
    case 'sampling':
      return { kind: name }
    case 'random':
      return { kind: 'random', factor: 2, gate: 'raw' }
    default:
      return refuseField(config, 'second_expert_policy', "'all', 'sampling' or 'random'", name)
  }
}

function readShare(config: ConfigFields, key: string, fallback: number): number {
  const share = readNumber(config, key, fallback)
  return share >= 0 && share < 1 ? share : refuseField(config, key, 'a share from 0 to below 1', share)
}

function feedForward(g: Graph, config: NllbMoeConfig, options: ForwardOptions): FeedForwardPart {
  const { width: D, activation: kind, router, expertScale } = config
  const dense = denseFeedForward(g, config)
  return (x, weights, side, layer) => {
    const sparse = readRoutedExperts(weights, { D, E: router.experts, F: config[side].feedForward })
    if (sparse === undefined) return dense(x, weights, side, layer)
    const experts = routedExperts(g, x, sparse, router, kind, { side, layer }, options) // [T, D]
    return scale(g, experts, expertScale, 'ffn_experts_scaled')
  }
}

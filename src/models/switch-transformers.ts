/**
 * Switch Transformers: T5 where every few blocks have many feed-forward blocks, of which a token uses one, by its raw probability
 * (Fedus et al. 2021, arXiv:2101.03961). An expert takes a fixed number of tokens of a sequence; the others pass by the residual.
 */
import type { Graph } from '../tensor/graph.ts'
import { activation } from '../tensor/ops/index.ts'
import type { GluKind } from '../tensor/ops/index.ts'
import { routerRule, switchRouter } from '../tensor/routing/index.ts'
import type { Architecture, ForwardOptions } from './architecture.ts'
import { activationFromHf } from './blocks/decoder-config.ts'
import { refuseGguf } from './blocks/encoder-config.ts'
import {
  addRelativeBiases,
  hfRelativeTensors,
  relativeDecoder,
  relativeEncoder,
  relativeFromHf,
} from './blocks/encoder-relative.ts'
import type { FeedForwardPart, RelativeConfig } from './blocks/encoder-relative.ts'
import { linear, readLinear } from './blocks/linear.ts'
import { stackExperts } from './blocks/mixture.ts'
import { readRoutedExperts, routedExperts } from './blocks/router-experts.ts'
import type { RoutedExpertsConfig } from './blocks/router-experts.ts'
import { readCount } from './config-fields.ts'

export interface SwitchConfig extends RelativeConfig {
  readonly activation: GluKind
  readonly router: RoutedExpertsConfig
}

export const switchTransformers: Architecture<SwitchConfig> = {
  names: { gguf: [], hf: ['switch_transformers'], hfClasses: ['SwitchTransformersForConditionalGeneration'] },
  configFromGguf: refuseGguf,
  configFromHf: (config) => ({
    ...relativeFromHf(config),
    activation: activationFromHf(config, 'dense_act_fn', 'relu'),
    router: {
      experts: readCount(config, 'num_experts', 8),
      rule: {
        ...routerRule(switchRouter, 'evaluate'),
        capacity: { kind: 'fixed', slots: readCount(config, 'expert_capacity', 64) },
      },
      seed: 0,
      draws: {},
    },
  }),
  hfTensors: [...hfRelativeTensors, ...feedForwardTensors('encoder', 1), ...feedForwardTensors('decoder', 2)],
  adaptWeights: (weights, config) => addRelativeBiases(stackExperts(weights), config),
  ropes: () => ({}),

  forward(g, weights, config, options) {
    relativeDecoder(g, weights, config, options, feedForward(g, config, options))
  },
  forwardEncoder(g, weights, config, options) {
    relativeEncoder(g, weights, config, options, feedForward(g, config, options))
  },
}

function feedForwardTensors(side: 'encoder' | 'decoder', part: number) {
  const [hf, gguf] = [`${side}.block.#.layer.${part}.mlp`, `${side.slice(0, 3)}.blk.#`]
  return [
    [`${hf}.wi`, `${gguf}.ffn_up`],
    [`${hf}.wo`, `${gguf}.ffn_down`],
    [`${hf}.router.classifier`, `${gguf}.ffn_gate_inp`],
    [`${hf}.experts.*.wi`, `${gguf}.ffn_up_exps.*`],
    [`${hf}.experts.*.wo`, `${gguf}.ffn_down_exps.*`],
  ] as const
}

function feedForward(g: Graph, config: SwitchConfig, options: ForwardOptions): FeedForwardPart {
  const { width: D, activation: kind, router } = config
  return (x, weights, side, layer) => {
    const { feedForward: F } = config[side]
    const sparse = readRoutedExperts(weights, { D, E: router.experts, F })
    if (sparse !== undefined) return routedExperts(g, x, sparse, router, kind, { side, layer }, options)
    const up = linear(g, x, readLinear(weights, 'ffn_up', F, D), 'ffn_up') // [T, F]
    return linear(g, activation(g, up, kind, 'ffn_activation'), readLinear(weights, 'ffn_down', D, F), 'ffn_down')
  }
}

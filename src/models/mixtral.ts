/** Mixtral: Llama with a mixture of experts in every block. Its GGUF files call themselves `llama`. */
import { add, rmsNorm } from '../tensor/ops/index.ts'
import type { Architecture } from './architecture.ts'
import { readAttention, selfAttention } from './blocks/attention.ts'
import { architectureFields } from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { hfDecoderTensors, hfPreNorms } from './blocks/hf-tensors.ts'
import { mixture, mixtureFromGguf, mixtureFromHf, readMixture, stackExperts } from './blocks/mixture.ts'
import type { MixtureConfig } from './blocks/mixture.ts'
import { optionalCount } from './config-fields.ts'
import { llama } from './llama.ts'
import type { LlamaConfig } from './llama.ts'

export interface MixtralConfig extends LlamaConfig {
  readonly mixture: MixtureConfig
}

export const mixtral: Architecture<MixtralConfig> = {
  names: { gguf: ['llama'], hf: ['mixtral'], hfClasses: ['MixtralForCausalLM'] },
  configFromGguf: (metadata) => ({
    ...llama.configFromGguf(metadata),
    mixture: mixtureFromGguf(architectureFields(metadata), true),
  }),
  configFromHf: (config) => ({
    ...llama.configFromHf(config),
    window: optionalCount(config, 'sliding_window'),
    mixture: mixtureFromHf(config, 'intermediate_size', true),
  }),
  hfTensors: [
    ...hfDecoderTensors,
    ...hfPreNorms,
    ['model.layers.#.block_sparse_moe.gate', 'blk.#.ffn_gate_inp'],
    ['model.layers.#.block_sparse_moe.experts.*.w1', 'blk.#.ffn_gate_exps.*'],
    ['model.layers.#.block_sparse_moe.experts.*.w3', 'blk.#.ffn_up_exps.*'],
    ['model.layers.#.block_sparse_moe.experts.*.w2', 'blk.#.ffn_down_exps.*'],
  ],
  adaptWeights: (weights) => stackExperts(weights),
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, normEpsilon, rope, window, activation: kind } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w, layer) => {
      const attnNorm = rmsNorm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm')
      const attnOut = selfAttention(g, attnNorm, readAttention(w, config), config, { rope, inverseFrequencies, window })
      const attended = add(g, x, attnOut, 'attn_residual') // [T, D]
      const ffnNorm = rmsNorm(g, attended, w.tensor('ffn_norm.weight', [width]), normEpsilon, 'ffn_norm')
      const experts = readMixture(w, width, config.mixture)
      const ffnOut = mixture(g, ffnNorm, experts, config.mixture, { kind, layer, options }) // [T, D]
      return add(g, attended, ffnOut, 'ffn_residual')
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}

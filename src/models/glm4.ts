/** GLM-4 (0414): norms on both sides of attention and of the feed-forward block, half of each head rotated in pairs of neighbours. */
import { add, rmsNorm } from '../tensor/ops/index.ts'
import type { GluKind } from '../tensor/ops/index.ts'
import type { Architecture, DecoderConfig } from './architecture.ts'
import { readAttention, selfAttention } from './blocks/attention.ts'
import { activationFromHf, architectureFields, decoderFromGguf, decoderFromHf } from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { fusedFeedForward } from './blocks/feed-forward.ts'
import { hfDecoderTensors } from './blocks/hf-tensors.ts'
import { withDefaults } from './config-fields.ts'

export interface Glm4Config extends DecoderConfig {
  readonly activation: GluKind
}

export const glm4: Architecture<Glm4Config> = {
  names: { gguf: ['glm4'], hf: ['glm4'], hfClasses: ['Glm4ForCausalLM'] },
  configFromGguf: (metadata) => ({
    ...decoderFromGguf(architectureFields(metadata), 'interleaved'),
    activation: 'silu',
  }),
  configFromHf(config) {
    const decoder = decoderFromHf(withDefaults(config, { partial_rotary_factor: 0.5, head_dim: 128 }))
    const activation = activationFromHf(config, 'hidden_act', 'silu')
    return { ...decoder, activation, rope: { ...decoder.rope, style: 'interleaved' } }
  },
  hfTensors: [
    ...hfDecoderTensors,
    ['model.layers.#.input_layernorm', 'blk.#.attn_norm'],
    ['model.layers.#.post_self_attn_layernorm', 'blk.#.post_attention_norm'],
    ['model.layers.#.post_attention_layernorm', 'blk.#.ffn_norm'],
    ['model.layers.#.post_mlp_layernorm', 'blk.#.post_ffw_norm'],
    ['model.layers.#.mlp.gate_up_proj', 'blk.#.ffn_up'],
  ],
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, normEpsilon, rope, activation } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w) => {
      const norm = (input: typeof x, name: string) =>
        rmsNorm(g, input, w.tensor(`${name}.weight`, [width]), normEpsilon, name)
      const settings = { rope, inverseFrequencies }
      const attnOut = selfAttention(g, norm(x, 'attn_norm'), readAttention(w, config), config, settings)
      const attended = add(g, x, norm(attnOut, 'post_attention_norm'), 'attn_residual') // [T, D]
      const ffnOut = fusedFeedForward(g, norm(attended, 'ffn_norm'), w, config, activation)
      return add(g, attended, norm(ffnOut, 'post_ffw_norm'), 'ffn_residual') // [T, D]
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}

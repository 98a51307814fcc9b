/** OLMo 2: norms only after attention and after the feed-forward block, and norms over all of q and all of k. */
import { add, rmsNorm } from '../tensor/ops/index.ts'
import type { GluKind } from '../tensor/ops/index.ts'
import type { Architecture, DecoderConfig } from './architecture.ts'
import { readAttention, readHeadNorms, selfAttention } from './blocks/attention.ts'
import { activationFromHf, architectureFields, decoderFromGguf, decoderFromHf } from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { gatedFeedForward, readFeedForward } from './blocks/feed-forward.ts'
import { hfDecoderTensors } from './blocks/hf-tensors.ts'

export interface Olmo2Config extends DecoderConfig {
  readonly activation: GluKind
}

export const olmo2: Architecture<Olmo2Config> = {
  names: { gguf: ['olmo2'], hf: ['olmo2'], hfClasses: ['Olmo2ForCausalLM'] },
  configFromGguf: (metadata) => ({ ...decoderFromGguf(architectureFields(metadata), 'neox'), activation: 'silu' }),
  configFromHf: (config) => ({ ...decoderFromHf(config), activation: activationFromHf(config, 'hidden_act', 'silu') }),
  hfTensors: [
    ...hfDecoderTensors,
    ['model.layers.#.post_attention_layernorm', 'blk.#.post_attention_norm'],
    ['model.layers.#.post_feedforward_layernorm', 'blk.#.post_ffw_norm'],
  ],
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, heads, kvHeads, headDim, normEpsilon, rope, activation } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w) => {
      const norm = (input: typeof x, name: string) =>
        rmsNorm(g, input, w.tensor(`${name}.weight`, [width]), normEpsilon, name)
      const norms = readHeadNorms(w, heads * headDim, kvHeads * headDim)
      const attnOut = selfAttention(g, x, readAttention(w, config), config, { rope, inverseFrequencies, norms })
      const attended = add(g, x, norm(attnOut, 'post_attention_norm'), 'attn_residual') // [T, D]
      const ffnOut = gatedFeedForward(g, attended, readFeedForward(w, config), activation)
      return add(g, attended, norm(ffnOut, 'post_ffw_norm'), 'ffn_residual') // [T, D]
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}

/** Llama 2 and 3, SmolLM2 and their kin: RMS norms before each part, rotary positions, grouped queries, SwiGLU. */
import { add, rmsNorm } from '../tensor/ops/index.ts'
import type { GluKind } from '../tensor/ops/index.ts'
import type { Architecture, DecoderConfig } from './architecture.ts'
import { readAttention, selfAttention } from './blocks/attention.ts'
import {
  activationFromHf,
  architectureFields,
  decoderFromGguf,
  decoderFromHf,
  windowFromGguf,
} from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { gatedFeedForward, readFeedForward } from './blocks/feed-forward.ts'
import { hfDecoderTensors, hfPreNorms } from './blocks/hf-tensors.ts'
import { readNumber } from './config-fields.ts'

export interface LlamaConfig extends DecoderConfig {
  readonly activation: GluKind
  /** Keys visible to a query in all layers; undefined: all. */
  readonly window: number | undefined
}

export const llama: Architecture<LlamaConfig> = {
  names: { gguf: ['llama'], hf: ['llama'], hfClasses: ['LlamaForCausalLM'] },
  // GGUF files of Mixtral have the same name.
  accepts: (fields) => readNumber(fields, 'llama.expert_count', 0) === 0,
  configFromGguf(metadata) {
    const fields = architectureFields(metadata)
    // The converter permutes the rows of q and k so that pairs lie side by side.
    return { ...decoderFromGguf(fields, 'interleaved'), activation: 'silu', window: windowFromGguf(fields) }
  },
  configFromHf: (config) => ({
    ...decoderFromHf(config),
    activation: activationFromHf(config, 'hidden_act', 'silu'),
    window: undefined,
  }),
  hfTensors: [...hfDecoderTensors, ...hfPreNorms],
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, normEpsilon, rope, window, activation } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w) => {
      const attnNorm = rmsNorm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm')
      const attnOut = selfAttention(g, attnNorm, readAttention(w, config), config, { rope, inverseFrequencies, window })
      const attended = add(g, x, attnOut, 'attn_residual') // [T, D]
      const ffnNorm = rmsNorm(g, attended, w.tensor('ffn_norm.weight', [width]), normEpsilon, 'ffn_norm')
      return add(g, attended, gatedFeedForward(g, ffnNorm, readFeedForward(w, config), activation), 'ffn_residual')
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}

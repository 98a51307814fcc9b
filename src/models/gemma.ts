/** Gemma 1: embeddings scaled by sqrt(D), GeGLU, norms whose weight Hugging Face stores minus one. */
import { add, rmsNorm, scale } from '../tensor/ops/index.ts'
import type { GluKind } from '../tensor/ops/index.ts'
import type { Architecture, DecoderConfig } from './architecture.ts'
import { readAttention, selfAttention } from './blocks/attention.ts'
import {
  activationFromHf,
  architectureFields,
  decoderFromGguf,
  decoderFromHf,
  expectCausal,
} from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { gatedFeedForward, readFeedForward } from './blocks/feed-forward.ts'
import { hfDecoderTensors, hfPreNorms } from './blocks/hf-tensors.ts'

export interface GemmaConfig extends DecoderConfig {
  readonly activation: GluKind
}

export const gemma: Architecture<GemmaConfig> = {
  names: { gguf: ['gemma'], hf: ['gemma'], hfClasses: ['GemmaForCausalLM'] },
  configFromGguf: (metadata) => ({ ...decoderFromGguf(architectureFields(metadata), 'neox'), activation: 'gelu-tanh' }),
  configFromHf(config) {
    expectCausal(config)
    const key = config.get('hidden_activation') === undefined ? 'hidden_act' : 'hidden_activation'
    const activation = activationFromHf(config, key, 'gelu-tanh')
    // The first files say "gelu" and mean the tanh form.
    return { ...decoderFromHf(config), activation: activation === 'gelu-erf' ? 'gelu-tanh' : activation }
  },
  hfTensors: [...hfDecoderTensors, ...hfPreNorms],
  hfNormsMinusOne: true,
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, normEpsilon, rope, activation } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const embedded = scale(g, embedTokens(g, weights, config), Math.sqrt(width), 'token_embd_scaled') // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w) => {
      const attnNorm = rmsNorm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm')
      const attnOut = selfAttention(g, attnNorm, readAttention(w, config), config, { rope, inverseFrequencies })
      const attended = add(g, x, attnOut, 'attn_residual') // [T, D]
      const ffnNorm = rmsNorm(g, attended, w.tensor('ffn_norm.weight', [width]), normEpsilon, 'ffn_norm')
      return add(g, attended, gatedFeedForward(g, ffnNorm, readFeedForward(w, config), activation), 'ffn_residual')
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}

/** Granite 3 and 4 (dense): Llama with fixed factors on embeddings, scores, what a block adds, and logits. */
import { add, rmsNorm, scale } from '../tensor/ops/index.ts'
import type { Architecture } from './architecture.ts'
import { readAttention, selfAttention } from './blocks/attention.ts'
import { architectureFields } from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { gatedFeedForward, readFeedForward } from './blocks/feed-forward.ts'
import { readPositive } from './config-fields.ts'
import { llama } from './llama.ts'
import type { LlamaConfig } from './llama.ts'

export interface GraniteConfig extends LlamaConfig {
  readonly embeddingScale: number
  /** Multiplies scores. */
  readonly attentionScale: number
  /** Multiplies what attention and the feed-forward block add to the stream. */
  readonly residualScale: number
  /** Divides logits. */
  readonly logitDivisor: number
}

export const granite: Architecture<GraniteConfig> = {
  names: { gguf: ['granite'], hf: ['granite'], hfClasses: ['GraniteForCausalLM'] },
  configFromGguf(metadata) {
    const fields = architectureFields(metadata)
    const decoder = llama.configFromGguf(metadata)
    return {
      ...decoder,
      embeddingScale: readPositive(fields, 'embedding_scale', 1),
      attentionScale: readPositive(fields, 'attention.scale', decoder.headDim ** -0.5),
      residualScale: readPositive(fields, 'residual_scale', 1),
      logitDivisor: readPositive(fields, 'logit_scale', 1),
    }
  },
  configFromHf: (config) => ({
    ...llama.configFromHf(config),
    embeddingScale: readPositive(config, 'embedding_multiplier', 1),
    attentionScale: readPositive(config, 'attention_multiplier', 1),
    residualScale: readPositive(config, 'residual_multiplier', 1),
    logitDivisor: readPositive(config, 'logits_scaling', 1),
  }),
  hfTensors: llama.hfTensors,
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, normEpsilon, rope, window, activation, residualScale } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const embedded = scale(g, embedTokens(g, weights, config), config.embeddingScale, 'token_embd_scaled') // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w) => {
      const attnNorm = rmsNorm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm')
      const settings = { rope, inverseFrequencies, window, scale: config.attentionScale }
      const attnOut = selfAttention(g, attnNorm, readAttention(w, config), config, settings)
      const attended = add(g, x, scale(g, attnOut, residualScale, 'attn_scaled'), 'attn_residual') // [T, D]
      const ffnNorm = rmsNorm(g, attended, w.tensor('ffn_norm.weight', [width]), normEpsilon, 'ffn_norm')
      const ffnOut = gatedFeedForward(g, ffnNorm, readFeedForward(w, config), activation)
      return add(g, attended, scale(g, ffnOut, residualScale, 'ffn_scaled'), 'ffn_residual') // [T, D]
    })
    const logits = projectLogits(g, stream, weights, config, options) // [R, V]
    g.output('logits', scale(g, logits, 1 / config.logitDivisor, 'logits_scaled'))
  },
}

/** Gemma 2: norms on both sides of each part, windows on every second layer, soft caps on scores and logits. */
import { add, rmsNorm, scale, softcap } from '../tensor/ops/index.ts'
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
import { hfDecoderTensors, hfSandwichNorms } from './blocks/hf-tensors.ts'
import { periodicWindows, windowsFromLayerTypes } from './blocks/layer-windows.ts'
import type { LayerWindows } from './blocks/layer-windows.ts'
import { optionalNumber, readCount, readPositive } from './config-fields.ts'

export interface Gemma2Config extends DecoderConfig {
  readonly activation: GluKind
  readonly windows: LayerWindows
  /** Scores are divided by its square root. */
  readonly queryScalar: number
  readonly attentionSoftcap: number | undefined
  readonly finalSoftcap: number | undefined
}

export const gemma2: Architecture<Gemma2Config> = {
  names: { gguf: ['gemma2'], hf: ['gemma2'], hfClasses: ['Gemma2ForCausalLM'] },
  configFromGguf(metadata) {
    const fields = architectureFields(metadata)
    const decoder = decoderFromGguf(fields, 'neox')
    const { layers, width, heads, headDim } = decoder
    return {
      ...decoder,
      activation: 'gelu-tanh',
      windows: periodicWindows(layers, readCount(fields, 'attention.sliding_window', 4096), 2),
      // GGUF does not carry the scalar; only the 27B model (46 layers) has another one than the size of a head.
      queryScalar: layers === 46 ? width / heads : headDim,
      attentionSoftcap: optionalNumber(fields, 'attn_logit_softcapping'),
      finalSoftcap: optionalNumber(fields, 'final_logit_softcapping'),
    }
  },
  configFromHf(config) {
    expectCausal(config)
    const decoder = decoderFromHf(config)
    const window = readCount(config, 'sliding_window', 4096)
    return {
      ...decoder,
      activation: activationFromHf(config, 'hidden_activation', 'gelu-tanh'),
      windows: windowsFromLayerTypes(config, decoder.layers) ?? periodicWindows(decoder.layers, window, 2),
      queryScalar: readPositive(config, 'query_pre_attn_scalar', 256),
      attentionSoftcap: optionalNumber(config, 'attn_logit_softcapping'),
      finalSoftcap: optionalNumber(config, 'final_logit_softcapping'),
    }
  },
  hfTensors: [...hfDecoderTensors, ...hfSandwichNorms],
  hfNormsMinusOne: true,
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, normEpsilon, rope, windows, queryScalar, attentionSoftcap, finalSoftcap, activation } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const embedded = scale(g, embedTokens(g, weights, config), Math.sqrt(width), 'token_embd_scaled') // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w, layer) => {
      const norm = (input: typeof x, name: string) =>
        rmsNorm(g, input, w.tensor(`${name}.weight`, [width]), normEpsilon, name)
      const settings = {
        rope,
        inverseFrequencies,
        scale: queryScalar ** -0.5,
        window: windows[layer],
        softcap: attentionSoftcap,
      }
      const attnOut = selfAttention(g, norm(x, 'attn_norm'), readAttention(w, config), config, settings)
      const attended = add(g, x, norm(attnOut, 'post_attention_norm'), 'attn_residual') // [T, D]
      const ffnOut = gatedFeedForward(g, norm(attended, 'ffn_norm'), readFeedForward(w, config), activation)
      return add(g, attended, norm(ffnOut, 'post_ffw_norm'), 'ffn_residual') // [T, D]
    })
    const logits = projectLogits(g, stream, weights, config, options) // [R, V]
    g.output('logits', finalSoftcap === undefined ? logits : softcap(g, logits, finalSoftcap, 'logits_capped'))
  },
}

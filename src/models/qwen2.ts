/** Qwen 1.5, 2 and 2.5: Llama with biases on queries, keys and values, and half-split rotary pairs. */
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
import { uniformWindows, windowsFromLayerTypes, windowsOfUpperLayers } from './blocks/layer-windows.ts'
import type { LayerWindows } from './blocks/layer-windows.ts'

export interface Qwen2Config extends DecoderConfig {
  readonly activation: GluKind
  readonly windows: LayerWindows
}

export const qwen2: Architecture<Qwen2Config> = {
  names: { gguf: ['qwen2'], hf: ['qwen2'], hfClasses: ['Qwen2ForCausalLM'] },
  configFromGguf(metadata) {
    const fields = architectureFields(metadata)
    const decoder = decoderFromGguf(fields, 'neox')
    return { ...decoder, activation: 'silu', windows: uniformWindows(decoder.layers, windowFromGguf(fields)) }
  },
  configFromHf(config) {
    const decoder = decoderFromHf(config)
    const windows = windowsFromLayerTypes(config, decoder.layers) ?? windowsOfUpperLayers(config, decoder.layers)
    return { ...decoder, activation: activationFromHf(config, 'hidden_act', 'silu'), windows }
  },
  hfTensors: [...hfDecoderTensors, ...hfPreNorms],
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, normEpsilon, rope, windows, activation } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w, layer) => {
      const attnNorm = rmsNorm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm')
      const settings = { rope, inverseFrequencies, window: windows[layer] }
      const attnOut = selfAttention(g, attnNorm, readAttention(w, config), config, settings)
      const attended = add(g, x, attnOut, 'attn_residual') // [T, D]
      const ffnNorm = rmsNorm(g, attended, w.tensor('ffn_norm.weight', [width]), normEpsilon, 'ffn_norm')
      return add(g, attended, gatedFeedForward(g, ffnNorm, readFeedForward(w, config), activation), 'ffn_residual')
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}

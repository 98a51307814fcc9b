/** SmolLM3: Llama in which every fourth layer has no rotary positions and finds by content alone (Yang et al. 2025, arXiv:2501.18795). */
import { add, rmsNorm } from '../tensor/ops/index.ts'
import type { Architecture } from './architecture.ts'
import { readAttention, selfAttention } from './blocks/attention.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { gatedFeedForward, readFeedForward } from './blocks/feed-forward.ts'
import { uniformWindows, windowsFromLayerTypes } from './blocks/layer-windows.ts'
import type { LayerWindows } from './blocks/layer-windows.ts'
import { optionalNumbers, readCount, refuseField, withDefaults } from './config-fields.ts'
import { llama } from './llama.ts'
import type { LlamaConfig } from './llama.ts'

export interface SmolLm3Config extends Omit<LlamaConfig, 'window'> {
  readonly windows: LayerWindows
  /** By layer: whether queries and keys are rotated. */
  readonly rotates: readonly boolean[]
}

const defaultPeriod = 4

export const smolLm3: Architecture<SmolLm3Config> = {
  names: { gguf: ['smollm3'], hf: ['smollm3'], hfClasses: ['SmolLM3ForCausalLM'] },
  configFromGguf(metadata) {
    const { window, ...decoder } = llama.configFromGguf(metadata)
    // The file does not say which layers, llama.cpp knows only these.
    return {
      ...decoder,
      windows: uniformWindows(decoder.layers, window),
      rotates: allBut(decoder.layers, defaultPeriod),
    }
  },
  configFromHf(config) {
    const { window, ...decoder } = llama.configFromHf(withDefaults(config, { rope_theta: 2_000_000 }))
    const stated = config.get('use_sliding_window') === true ? windowsFromLayerTypes(config, decoder.layers) : undefined
    const list = optionalNumbers(config, 'no_rope_layers')
    if (list !== undefined && list.length !== decoder.layers)
      refuseField(config, 'no_rope_layers', `${decoder.layers} numbers`, list)
    const rotates =
      list?.map((flag) => flag !== 0) ??
      allBut(decoder.layers, readCount(config, 'no_rope_layer_interval', defaultPeriod))
    return { ...decoder, windows: stated ?? uniformWindows(decoder.layers, window), rotates }
  },
  hfTensors: llama.hfTensors,
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, normEpsilon, rope, windows, rotates, activation } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w, layer) => {
      const attnNorm = rmsNorm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm')
      const settings = { rope, inverseFrequencies, window: windows[layer], rotates: rotates[layer] === true }
      const attnOut = selfAttention(g, attnNorm, readAttention(w, config), config, settings)
      const attended = add(g, x, attnOut, 'attn_residual') // [T, D]
      const ffnNorm = rmsNorm(g, attended, w.tensor('ffn_norm.weight', [width]), normEpsilon, 'ffn_norm')
      return add(g, attended, gatedFeedForward(g, ffnNorm, readFeedForward(w, config), activation), 'ffn_residual')
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}

const allBut = (layers: number, period: number): readonly boolean[] =>
  Array.from({ length: layers }, (_, layer) => (layer + 1) % period !== 0)

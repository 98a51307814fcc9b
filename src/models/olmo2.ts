/**
 * OLMo 2 and 3: norms only after attention and after the feed-forward block, and norms over all of q and all of k. In OLMo 3 most layers
 * see a window, and only the others have stretched positions.
 */
import { add, rmsNorm } from '../tensor/ops/index.ts'
import type { GluKind } from '../tensor/ops/index.ts'
import type { Architecture, DecoderConfig } from './architecture.ts'
import { readAttention, readHeadNorms, selfAttention } from './blocks/attention.ts'
import {
  activationFromHf,
  architectureFields,
  decoderFromGguf,
  decoderFromHf,
  windowFromGguf,
} from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { gatedFeedForward, readFeedForward } from './blocks/feed-forward.ts'
import { hfDecoderTensors } from './blocks/hf-tensors.ts'
import { periodicWindows, windowsFromFlags, windowsFromLayerTypes } from './blocks/layer-windows.ts'
import type { LayerWindows } from './blocks/layer-windows.ts'
import type { RopeConfig } from './blocks/rope.ts'
import { ropeOfLayerType } from './blocks/rope-config.ts'
import { optionalCount, readPositive } from './config-fields.ts'

export interface Olmo2Config extends DecoderConfig {
  readonly activation: GluKind
  readonly windows: LayerWindows
  /** Rotation of the layers with a window; `rope` is that of the others. */
  readonly localRope: RopeConfig
}

/** Every fourth layer of OLMo 3 sees all keys. */
const period = 4

export const olmo2: Architecture<Olmo2Config> = {
  names: { gguf: ['olmo2'], hf: ['olmo2', 'olmo3'], hfClasses: ['Olmo2ForCausalLM', 'Olmo3ForCausalLM'] },
  configFromGguf(metadata) {
    const fields = architectureFields(metadata)
    const decoder = decoderFromGguf(fields, 'neox')
    const { layers, rope } = decoder
    const window = windowFromGguf(fields)
    return {
      ...decoder,
      activation: 'silu',
      windows: windowsFromFlags(fields, layers, window) ?? periodicWindows(layers, window, period),
      localRope: { ...rope, base: readPositive(fields, 'rope.freq_base_swa', rope.base), scaling: { kind: 'none' } },
    }
  },
  configFromHf(config) {
    const decoder = decoderFromHf(config)
    const { layers, rope: plain } = decoder
    const rope = ropeOfLayerType(config, 'full_attention', plain) ?? plain
    return {
      ...decoder,
      rope,
      localRope: ropeOfLayerType(config, 'sliding_attention', plain) ?? { ...plain, scaling: { kind: 'none' } },
      activation: activationFromHf(config, 'hidden_act', 'silu'),
      windows:
        windowsFromLayerTypes(config, layers) ??
        periodicWindows(layers, optionalCount(config, 'sliding_window'), period),
    }
  },
  hfTensors: [
    ...hfDecoderTensors,
    ['model.layers.#.post_attention_layernorm', 'blk.#.post_attention_norm'],
    ['model.layers.#.post_feedforward_layernorm', 'blk.#.post_ffw_norm'],
  ],
  ropes: (config) => ({
    'rope.inverse_frequencies': config.rope,
    'rope.inverse_frequencies_local': config.localRope,
  }),

  forward(g, weights, config, options) {
    const { width, heads, kvHeads, headDim, normEpsilon, rope, localRope, windows, activation } = config
    const everywhere = { rope, inverseFrequencies: weights.tensor('rope.inverse_frequencies', [rope.dims / 2]) }
    const local = {
      rope: localRope,
      inverseFrequencies: weights.tensor('rope.inverse_frequencies_local', [localRope.dims / 2]),
    }
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w, layer) => {
      const norm = (input: typeof x, name: string) =>
        rmsNorm(g, input, w.tensor(`${name}.weight`, [width]), normEpsilon, name)
      const settings = {
        ...(windows[layer] === undefined ? everywhere : local),
        window: windows[layer],
        norms: readHeadNorms(w, heads * headDim, kvHeads * headDim),
      }
      const attnOut = selfAttention(g, x, readAttention(w, config), config, settings)
      const attended = add(g, x, norm(attnOut, 'post_attention_norm'), 'attn_residual') // [T, D]
      const ffnOut = gatedFeedForward(g, attended, readFeedForward(w, config), activation)
      return add(g, attended, norm(ffnOut, 'post_ffw_norm'), 'ffn_residual') // [T, D]
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}

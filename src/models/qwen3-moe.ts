/** Qwen 3 with experts: Qwen 3 whose feed-forward blocks are mixtures of many small experts. */
import { add, rmsNorm } from '../tensor/ops/index.ts'
import type { Architecture } from './architecture.ts'
import { readAttention, readHeadNorms, selfAttention } from './blocks/attention.ts'
import { architectureFields } from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { hfDecoderTensors, hfPreNorms } from './blocks/hf-tensors.ts'
import { uniformWindows, windowsFromLayerTypes } from './blocks/layer-windows.ts'
import { hfExpertTensors, stackExperts } from './blocks/mixture.ts'
import { sparseFeedForward, sparseLayersFromGguf, sparseLayersFromHf } from './blocks/sparse-layers.ts'
import type { SparseLayers } from './blocks/sparse-layers.ts'
import { optionalCount } from './config-fields.ts'
import { qwen3 } from './qwen3.ts'
import type { Qwen3Config } from './qwen3.ts'

export interface Qwen3MoeConfig extends Qwen3Config {
  readonly experts: SparseLayers
}

export const qwen3Moe: Architecture<Qwen3MoeConfig> = {
  names: { gguf: ['qwen3moe'], hf: ['qwen3_moe'], hfClasses: ['Qwen3MoeForCausalLM'] },
  configFromGguf(metadata) {
    const qwen = qwen3.configFromGguf(metadata)
    const fields = architectureFields(metadata)
    return { ...qwen, experts: sparseLayersFromGguf(fields, qwen.layers, { renormalise: true }) }
  },
  configFromHf(config) {
    const qwen = qwen3.configFromHf(config)
    const renormalise = config.get('norm_topk_prob') === true
    const window = config.get('use_sliding_window') === true ? optionalCount(config, 'sliding_window') : undefined
    // Unlike in Qwen 3, `max_window_layers` says nothing here.
    const windows = windowsFromLayerTypes(config, qwen.layers) ?? uniformWindows(qwen.layers, window)
    return { ...qwen, windows, experts: sparseLayersFromHf(config, qwen.layers, { renormalise, shared: false }) }
  },
  hfTensors: [...hfDecoderTensors, ...hfPreNorms, ...hfExpertTensors],
  adaptWeights: (weights) => stackExperts(weights),
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, normEpsilon, rope, windows, experts } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w, layer) => {
      const attnNorm = rmsNorm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm')
      const norms = readHeadNorms(w, config.headDim, config.headDim)
      const settings = { rope, inverseFrequencies, window: windows[layer], norms }
      const attnOut = selfAttention(g, attnNorm, readAttention(w, config), config, settings)
      const attended = add(g, x, attnOut, 'attn_residual') // [T, D]
      const ffnNorm = rmsNorm(g, attended, w.tensor('ffn_norm.weight', [width]), normEpsilon, 'ffn_norm')
      const ffnOut = sparseFeedForward(g, ffnNorm, w, config, experts, { layer, options })
      return add(g, attended, ffnOut, 'ffn_residual') // [T, D]
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}

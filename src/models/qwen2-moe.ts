/** Qwen 1.5 and 2 with experts: Qwen 2 whose feed-forward blocks are mixtures beside a shared expert with a gate of its own. */
import { add, rmsNorm } from '../tensor/ops/index.ts'
import type { Architecture } from './architecture.ts'
import { readAttention, selfAttention } from './blocks/attention.ts'
import { architectureFields } from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { hfDecoderTensors, hfPreNorms } from './blocks/hf-tensors.ts'
import { hfExpertTensors, stackExperts } from './blocks/mixture.ts'
import {
  hfSharedExpertTensors,
  sparseFeedForward,
  sparseLayersFromGguf,
  sparseLayersFromHf,
} from './blocks/sparse-layers.ts'
import type { SparseLayers } from './blocks/sparse-layers.ts'
import { readCount } from './config-fields.ts'
import { qwen2 } from './qwen2.ts'
import type { Qwen2Config } from './qwen2.ts'
import { reshapedSource } from '../tensor/weight-source.ts'

export interface Qwen2MoeConfig extends Qwen2Config {
  readonly experts: SparseLayers
}

export const qwen2Moe: Architecture<Qwen2MoeConfig> = {
  names: { gguf: ['qwen2moe'], hf: ['qwen2_moe'], hfClasses: ['Qwen2MoeForCausalLM'] },
  configFromGguf(metadata) {
    const fields = architectureFields(metadata)
    const qwen = qwen2.configFromGguf(metadata)
    const sharedWidth = readCount(fields, 'expert_shared_feed_forward_length', qwen.feedForward)
    return { ...qwen, experts: sparseLayersFromGguf(fields, qwen.layers, { renormalise: false, sharedWidth }) }
  },
  configFromHf(config) {
    const qwen = qwen2.configFromHf(config)
    const renormalise = config.get('norm_topk_prob') === true
    return { ...qwen, experts: sparseLayersFromHf(config, qwen.layers, { renormalise, shared: true }) }
  },
  hfTensors: [...hfDecoderTensors, ...hfPreNorms, ...hfExpertTensors, ...hfSharedExpertTensors],
  adaptWeights(weights, { width }) {
    const adapted = stackExperts(weights)
    for (const [name, source] of weights) {
      // Some GGUF files have it as a vector.
      if (name.endsWith('.ffn_gate_inp_shexp.weight')) adapted.set(name, reshapedSource(source, [1, width]))
    }
    return adapted
  },
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, normEpsilon, rope, windows, experts } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w, layer) => {
      const attnNorm = rmsNorm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm')
      const settings = { rope, inverseFrequencies, window: windows[layer] }
      const attnOut = selfAttention(g, attnNorm, readAttention(w, config), config, settings)
      const attended = add(g, x, attnOut, 'attn_residual') // [T, D]
      const ffnNorm = rmsNorm(g, attended, w.tensor('ffn_norm.weight', [width]), normEpsilon, 'ffn_norm')
      const ffnOut = sparseFeedForward(g, ffnNorm, w, config, experts, { layer, options }) // [T, D]
      return add(g, attended, ffnOut, 'ffn_residual')
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}

/** Phi-3 and Phi-4-mini: Llama with one projection for q, k and v, one for gate and up, and LongRoPE for long contexts. */
import type { Graph, Tensor } from '../tensor/graph.ts'
import { add, rmsNorm, slice } from '../tensor/ops/index.ts'
import type { GluKind } from '../tensor/ops/index.ts'
import type { Architecture, DecoderConfig } from './architecture.ts'
import { attend } from './blocks/attention.ts'
import type { AttentionSettings } from './blocks/attention.ts'
import {
  activationFromHf,
  architectureFields,
  decoderFromGguf,
  decoderFromHf,
  windowFromGguf,
} from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { fusedFeedForward } from './blocks/feed-forward.ts'
import { hfDecoderTensors, hfPreNorms } from './blocks/hf-tensors.ts'
import { linear, readLinear } from './blocks/linear.ts'
import { longRopeFromGguf } from './blocks/rope-config.ts'
import { optionalCount } from './config-fields.ts'
import type { Weights } from './weights.ts'

export interface Phi3Config extends DecoderConfig {
  readonly activation: GluKind
  /** Keys visible to a query in all layers; undefined: all. */
  readonly window: number | undefined
}

export const phi3: Architecture<Phi3Config> = {
  names: { gguf: ['phi3'], hf: ['phi3'], hfClasses: ['Phi3ForCausalLM'] },
  configFromGguf(metadata) {
    const fields = architectureFields(metadata)
    const decoder = decoderFromGguf(fields, 'neox')
    // The file names no kind of scaling; it has the divisors as tensors when the context was stretched.
    const stretched =
      (optionalCount(fields, 'rope.scaling.original_context_length') ?? Infinity) < decoder.contextLength
    const rope = stretched ? { ...decoder.rope, scaling: longRopeFromGguf(fields) } : decoder.rope
    return { ...decoder, rope, activation: 'silu', window: windowFromGguf(fields) }
  },
  configFromHf: (config) => ({
    ...decoderFromHf(config),
    activation: activationFromHf(config, 'hidden_act', 'silu'),
    window: optionalCount(config, 'sliding_window'),
  }),
  hfTensors: [
    ...hfDecoderTensors,
    ...hfPreNorms,
    ['model.layers.#.self_attn.qkv_proj', 'blk.#.attn_qkv'],
    ['model.layers.#.mlp.gate_up_proj', 'blk.#.ffn_up'],
  ],
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, normEpsilon, rope, window } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w) => {
      const attnNorm = rmsNorm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm')
      const attnOut = fusedAttention(g, attnNorm, w, config, { rope, inverseFrequencies, window })
      const attended = add(g, x, attnOut, 'attn_residual') // [T, D]
      const ffnNorm = rmsNorm(g, attended, w.tensor('ffn_norm.weight', [width]), normEpsilon, 'ffn_norm')
      return add(g, attended, fusedFeedForward(g, ffnNorm, w, config, config.activation), 'ffn_residual') // [T, D]
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}

function fusedAttention(g: Graph, x: Tensor, w: Weights, config: Phi3Config, settings: AttentionSettings): Tensor {
  const { width, heads, kvHeads, headDim } = config
  const qSize = heads * headDim
  const kvSize = kvHeads * headDim
  const qkv = linear(g, x, readLinear(w, 'attn_qkv', qSize + 2 * kvSize, width), 'attn_qkv') // [T, (H + 2 K) * headDim]
  const q = slice(g, qkv, { start: 0, size: qSize }, 'attn_q')
  const k = slice(g, qkv, { start: qSize, size: kvSize }, 'attn_k')
  const v = slice(g, qkv, { start: qSize + kvSize, size: kvSize }, 'attn_v')
  const mixed = attend(g, q, k, v, config, settings) // [T, H * headDim]
  return linear(g, mixed, readLinear(w, 'attn_output', width, qSize), 'attn_output')
}

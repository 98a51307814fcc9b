/** LFM2: most layers mix neighbouring tokens by a short convolution between two gates; the others attend with norms of each head. */
import type { Graph, Tensor } from '../tensor/graph.ts'
import { add, convCausal, multiply, rmsNorm, slice } from '../tensor/ops/index.ts'
import { constantSource, reshapedSource } from '../tensor/weight-source.ts'
import type { Architecture, DecoderConfig } from './architecture.ts'
import { readAttention, readHeadNorms, selfAttention } from './blocks/attention.ts'
import {
  architectureFields,
  attendingHeads,
  decoderFromGguf,
  decoderFromHf,
  windowFromGguf,
} from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { gatedFeedForward, readFeedForward } from './blocks/feed-forward.ts'
import { hfDecoderTensors } from './blocks/hf-tensors.ts'
import { linear, readLinear } from './blocks/linear.ts'
import { optionalCount, readCount, readPositive, withDefaults } from './config-fields.ts'
import type { ConfigFields } from './config-fields.ts'
import type { Weights } from './weights.ts'

export interface Lfm2Config extends DecoderConfig {
  /** K: taps of the convolution. */
  readonly convKernel: number
  /** Keys visible to a query; undefined: all. */
  readonly window: number | undefined
}

export const lfm2: Architecture<Lfm2Config> = {
  names: { gguf: ['lfm2'], hf: ['lfm2'], hfClasses: ['Lfm2ForCausalLM'] },
  configFromGguf(metadata) {
    const fields = attendingHeads(architectureFields(metadata))
    return {
      ...decoderFromGguf(fields, 'neox'),
      convKernel: readCount(fields, 'shortconv.l_cache'),
      window: windowFromGguf(fields),
    }
  },
  configFromHf(config) {
    const defaults = { rope_theta: 1_000_000, rms_norm_eps: config.get('norm_eps') ?? 1e-5 }
    const decoder = decoderFromHf(withDefaults(config, defaults))
    return {
      ...decoder,
      feedForward: adjustedWidth(config, decoder.feedForward),
      convKernel: readCount(config, 'conv_L_cache', 3),
      window: optionalCount(config, 'sliding_window'),
    }
  },
  hfTensors: [
    ...hfDecoderTensors,
    ['model.embedding_norm', 'output_norm'],
    ['model.layers.#.operator_norm', 'blk.#.attn_norm'],
    ['model.layers.#.ffn_norm', 'blk.#.ffn_norm'],
    ['model.layers.#.self_attn.out_proj', 'blk.#.attn_output'],
    ['model.layers.#.self_attn.q_layernorm', 'blk.#.attn_q_norm'],
    ['model.layers.#.self_attn.k_layernorm', 'blk.#.attn_k_norm'],
    ['model.layers.#.conv.in_proj', 'blk.#.shortconv.in_proj'],
    ['model.layers.#.conv.conv', 'blk.#.shortconv.conv'],
    ['model.layers.#.conv.out_proj', 'blk.#.shortconv.out_proj'],
    ['model.layers.#.feed_forward.w1', 'blk.#.ffn_gate'],
    ['model.layers.#.feed_forward.w3', 'blk.#.ffn_up'],
    ['model.layers.#.feed_forward.w2', 'blk.#.ffn_down'],
  ],
  adaptWeights(weights, { width, convKernel }) {
    const adapted = new Map(weights)
    for (const [name, source] of weights) {
      // GGUF names the last norm after the first tensor.
      if (name === 'token_embd_norm.weight') adapted.set('output_norm.weight', source)
      if (!name.endsWith('.shortconv.conv.weight')) continue
      adapted.set(name, reshapedSource(source, [width, convKernel]))
      const bias = name.replace(/weight$/, 'bias')
      if (!weights.has(bias)) adapted.set(bias, constantSource(bias, new Float32Array(width)))
    }
    return adapted
  },
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, headDim, normEpsilon, rope, window } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w) => {
      const normed = rmsNorm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm')
      const attend = (): Tensor => {
        const settings = { rope, inverseFrequencies, window, norms: readHeadNorms(w, headDim, headDim) }
        return selfAttention(g, normed, readAttention(w, config), config, settings)
      }
      const mixed = w.has('shortconv.conv.weight') ? shortConvolution(g, normed, w, config) : attend() // [T, D]
      const middle = add(g, x, mixed, 'mixer_residual') // [T, D]
      const ffnNorm = rmsNorm(g, middle, w.tensor('ffn_norm.weight', [width]), normEpsilon, 'ffn_norm')
      return add(g, middle, gatedFeedForward(g, ffnNorm, readFeedForward(w, config), 'silu'), 'ffn_residual')
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}

/** out(C * conv(B * x)) with B, C and x of one projection: x [T, D] -> [T, D] */
function shortConvolution(g: Graph, x: Tensor, w: Weights, { width, convKernel }: Lfm2Config): Tensor {
  const projected = linear(g, x, readLinear(w, 'shortconv.in_proj', 3 * width, width), 'conv_in') // [T, 3 D]
  const [B, C, values] = ['conv_b', 'conv_c', 'conv_x'].map((label, part) =>
    slice(g, projected, { start: part * width, size: width }, label),
  ) as [Tensor, Tensor, Tensor]
  const taps = w.tensor('shortconv.conv.weight', [width, convKernel])
  const gated = multiply(g, B, values, 'conv_gated') // [T, D]
  const mixed = convCausal(g, gated, taps, w.tensor('shortconv.conv.bias', [width]), 'conv') // [T, D]
  return linear(
    g,
    multiply(g, C, mixed, 'conv_out_gated'),
    readLinear(w, 'shortconv.out_proj', width, width),
    'conv_out',
  )
}

/** Files state the width of a block without gates of the same size: two thirds of it, times a factor, rounded up. */
function adjustedWidth(config: ConfigFields, stated: number): number {
  if (config.get('block_auto_adjust_ff_dim') === false) return stated
  const width = Math.trunc(readPositive(config, 'block_ffn_dim_multiplier', 1) * Math.trunc((2 * stated) / 3))
  const multiple = readCount(config, 'block_multiple_of', 256)
  return multiple * Math.ceil(width / multiple)
}

/** Falcon-H1: every block attends and runs a Mamba-2 mixer side by side on one normed input; fixed multipliers all along the way. */
import type { Graph, Tensor } from '../tensor/graph.ts'
import { add, glu, rmsNorm, scale } from '../tensor/ops/index.ts'
import { constantSource } from '../tensor/weight-source.ts'
import type { Architecture, DecoderConfig } from './architecture.ts'
import { readAttention, selfAttention } from './blocks/attention.ts'
import { architectureFields, decoderFromGguf, decoderFromHf } from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { readFeedForward } from './blocks/feed-forward.ts'
import { hfDecoderTensors } from './blocks/hf-tensors.ts'
import { linear } from './blocks/linear.ts'
import { mamba2Mixer, projectionWidth, readOnes } from './blocks/mamba2-mixer.ts'
import type { Mamba2Sizes } from './blocks/mamba2-mixer.ts'
import { checkGroups, expectSilu, mamba2FromGguf, stepBoundsFromHf } from './blocks/state-space-config.ts'
import { adaptMamba2 } from './blocks/state-space-weights.ts'
import { optionalNumbers, readCount, readNumber, refuseField } from './config-fields.ts'
import type { ConfigFields } from './config-fields.ts'
import type { Weights } from './weights.ts'

/** Factors that the configuration states; GGUF files have them inside of their weights, so there all are 1. */
interface Multipliers {
  readonly embedding: number
  readonly attentionIn: number
  readonly key: number
  readonly attentionOut: number
  readonly ssmIn: number
  /** Of z, x, B, C and dt. */
  readonly ssm: readonly number[]
  readonly ssmOut: number
  readonly gate: number
  readonly down: number
  readonly head: number
}

export interface FalconH1Config extends DecoderConfig {
  readonly mixer: Mamba2Sizes
  readonly multipliers: Multipliers
}

const noMultipliers: Multipliers = {
  embedding: 1, attentionIn: 1, key: 1, attentionOut: 1, ssmIn: 1, ssm: [1, 1, 1, 1, 1], ssmOut: 1, gate: 1, down: 1, head: 1,
} // prettier-ignore

const multipliersName = 'ssm_in.multipliers'

export const falconH1: Architecture<FalconH1Config> = {
  names: { gguf: ['falcon-h1'], hf: ['falcon_h1'], hfClasses: ['FalconH1ForCausalLM'] },
  configFromGguf(metadata) {
    const fields = architectureFields(metadata)
    return { ...decoderFromGguf(fields, 'neox'), mixer: mamba2FromGguf(fields), multipliers: noMultipliers }
  },
  configFromHf(config) {
    expectSilu(config)
    const decoder = decoderFromHf(config)
    return { ...decoder, mixer: mixerFromHf(config, decoder.width), multipliers: multipliersFromHf(config) }
  },
  hfTensors: [
    ...hfDecoderTensors,
    ['model.final_layernorm', 'output_norm'],
    ['model.layers.#.input_layernorm', 'blk.#.attn_norm'],
    ['model.layers.#.pre_ff_layernorm', 'blk.#.ffn_norm'],
    ['model.layers.#.feed_forward.gate_proj', 'blk.#.ffn_gate'],
    ['model.layers.#.feed_forward.up_proj', 'blk.#.ffn_up'],
    ['model.layers.#.feed_forward.down_proj', 'blk.#.ffn_down'],
    ['model.layers.#.mamba.in_proj', 'blk.#.ssm_in'],
    ['model.layers.#.mamba.conv1d', 'blk.#.ssm_conv1d'],
    ['model.layers.#.mamba.dt_bias', 'blk.#.ssm_dt.bias'],
    ['model.layers.#.mamba.A_log', 'blk.#.ssm_a'],
    ['model.layers.#.mamba.D', 'blk.#.ssm_d'],
    ['model.layers.#.mamba.norm', 'blk.#.ssm_norm'],
    ['model.layers.#.mamba.out_proj', 'blk.#.ssm_out'],
  ],
  adaptWeights(weights, { layers, mixer, multipliers }, format) {
    const adapted = adaptMamba2(weights, format, mixer)
    const factors = projectionMultipliers(mixer, multipliers)
    if (factors.some((factor) => factor !== 1)) adapted.set(multipliersName, constantSource(multipliersName, factors))
    // llama.cpp's converter leaves the suffix out.
    for (let layer = 0; layer < layers; layer++) {
      const norm = weights.get(`blk.${layer}.ffn_norm`)
      if (norm !== undefined) adapted.set(`blk.${layer}.ffn_norm.weight`, norm)
    }
    return adapted
  },
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, headDim, normEpsilon, rope, mixer, multipliers } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    // Rotations are linear, so a factor of the keys is one of the scores.
    const attention = { rope, inverseFrequencies, scale: multipliers.key * headDim ** -0.5 }
    const extras = {
      normEpsilon,
      multipliers: weights.optional(multipliersName, [projectionWidth(mixer)]),
      ones: readOnes(weights, mixer),
    }
    const embedded = scaled(g, embedTokens(g, weights, config), multipliers.embedding, 'embedding_scaled') // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w) => {
      const normed = rmsNorm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm') // [T, D]
      const attentionIn = scaled(g, normed, multipliers.attentionIn, 'attn_in_scaled')
      const attended = selfAttention(g, attentionIn, readAttention(w, config), config, attention) // [T, D]
      const mixed = mamba2Mixer(g, normed, w, mixer, extras) // [T, D]
      const both = add(
        g,
        scaled(g, attended, multipliers.attentionOut, 'attn_out_scaled'),
        scaled(g, mixed, multipliers.ssmOut, 'ssm_out_scaled'),
        'mixers',
      )
      const middle = add(g, x, both, 'mixer_residual') // [T, D]
      const ffnNorm = rmsNorm(g, middle, w.tensor('ffn_norm.weight', [width]), normEpsilon, 'ffn_norm')
      return add(g, middle, feedForward(g, ffnNorm, w, config), 'ffn_residual')
    })
    const logits = projectLogits(g, stream, weights, config, options)
    g.output('logits', scaled(g, logits, multipliers.head, 'logits_scaled')) // [R, V]
  },
}

/** x [T, D] -> [T, D]; two of the multipliers lie inside. */
function feedForward(g: Graph, x: Tensor, w: Weights, config: FalconH1Config): Tensor {
  const { ffnGate, ffnUp, ffnDown } = readFeedForward(w, config)
  const gate = scaled(g, linear(g, x, ffnGate, 'ffn_gate'), config.multipliers.gate, 'ffn_gate_scaled') // [T, F]
  const inner = glu(g, gate, linear(g, x, ffnUp, 'ffn_up'), 'silu', 'ffn_glu') // [T, F]
  return scaled(g, linear(g, inner, ffnDown, 'ffn_down'), config.multipliers.down, 'ffn_down_scaled')
}

const scaled = (g: Graph, x: Tensor, factor: number, label: string): Tensor =>
  factor === 1 ? x : scale(g, x, factor, label)

/** What each column of the mixer's projection is multiplied with. */
function projectionMultipliers(mixer: Mamba2Sizes, { ssmIn, ssm }: Multipliers): Float32Array {
  const { inner, groups, stateSize, stateHeads } = mixer
  const parts = [inner, inner, groups * stateSize, groups * stateSize, stateHeads]
  return Float32Array.from(parts.flatMap((size, part) => new Array<number>(size).fill(ssmIn * ssm[part])))
}

function mixerFromHf(config: ConfigFields, width: number): Mamba2Sizes {
  const inner = readCount(config, 'mamba_d_ssm', readCount(config, 'mamba_expand', 2) * width)
  const stateHeads = readCount(config, 'mamba_n_heads')
  const stated = config.get('mamba_d_head')
  const headDim = stated === 'auto' ? inner / stateHeads : readCount(config, 'mamba_d_head', inner / stateHeads)
  if (headDim * stateHeads !== inner) refuseField(config, 'mamba_d_head', `${inner} / ${stateHeads} heads`, headDim)
  return checkGroups(config, {
    width,
    inner,
    stateHeads,
    groups: readCount(config, 'mamba_n_groups', 1),
    stateSize: readCount(config, 'mamba_d_state'),
    convKernel: readCount(config, 'mamba_d_conv', 4),
    stepBounds: stepBoundsFromHf(config),
    normFirst: config.get('mamba_norm_before_gate') !== false,
  })
}

function multipliersFromHf(config: ConfigFields): Multipliers {
  const list = (key: string, length: number): readonly number[] => {
    const values = optionalNumbers(config, key) ?? new Array<number>(length).fill(1)
    return values.length === length ? values : refuseField(config, key, `${length} numbers`, values)
  }
  const [gate, down] = list('mlp_multipliers', 2)
  return {
    embedding: readNumber(config, 'embedding_multiplier', 1),
    attentionIn: readNumber(config, 'attention_in_multiplier', 1),
    key: readNumber(config, 'key_multiplier', 1),
    attentionOut: readNumber(config, 'attention_out_multiplier', 1),
    ssmIn: readNumber(config, 'ssm_in_multiplier', 1),
    ssm: list('ssm_multipliers', 5),
    ssmOut: readNumber(config, 'ssm_out_multiplier', 1),
    gate,
    down,
    head: readNumber(config, 'lm_head_multiplier', 1),
  }
}

/**
 * Qwen3-Next: three blocks with a gated delta net for each one with attention, whose output has a gate of its own; a mixture of many
 * small experts beside a shared one.
 */
import type { WeightSource } from '../tensor/device.ts'
import type { Graph, Tensor } from '../tensor/graph.ts'
import { activation, add, multiply, rmsNorm } from '../tensor/ops/index.ts'
import type { GluKind, KeySharing } from '../tensor/ops/index.ts'
import { mappedSource, rowRangesSource } from '../tensor/weight-source.ts'
import type { Architecture, DecoderConfig, WeightFormat } from './architecture.ts'
import { attend, readHeadNorms } from './blocks/attention.ts'
import type { AttentionSettings } from './blocks/attention.ts'
import { activationFromHf, architectureFields, decoderFromGguf, decoderFromHf } from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { adaptDelta, deltaFromGguf, deltaFromHf, deltaMixer, readDeltaScales } from './blocks/delta-mixer.ts'
import type { DeltaSizes } from './blocks/delta-mixer.ts'
import { gatedFeedForward, readFeedForward } from './blocks/feed-forward.ts'
import { hfDecoderTensors, hfDeltaNorms } from './blocks/hf-tensors.ts'
import { linear, readLinear } from './blocks/linear.ts'
import { hfExpertTensors, stackExperts } from './blocks/mixture.ts'
import {
  hfSharedExpertTensors,
  sparseFeedForward,
  sparseLayersFromGguf,
  sparseLayersFromHf,
} from './blocks/sparse-layers.ts'
import type { SparseLayers } from './blocks/sparse-layers.ts'
import { optionalFlags, readCount, readNumber, refuseField, withDefaults } from './config-fields.ts'
import type { ConfigFields } from './config-fields.ts'
import type { Weights } from './weights.ts'

export interface Qwen3NextConfig extends DecoderConfig {
  readonly activation: GluKind
  readonly delta: DeltaSizes
  /** By layer: whether it attends, or has a gated delta net. */
  readonly attends: readonly boolean[]
  /** Undefined where all layers are dense. */
  readonly experts: SparseLayers | undefined
}

export const qwen3Next: Architecture<Qwen3NextConfig> = {
  names: { gguf: ['qwen3next'], hf: ['qwen3_next'], hfClasses: ['Qwen3NextForCausalLM'] },
  configFromGguf: (metadata) => withExpertsFromGguf(metadata, deltaDecoderFromGguf(metadata, 'grouped')),
  configFromHf: (config) => withExpertsFromHf(config, deltaDecoderFromHf(config)),
  hfTensors: [
    ...hfDecoderTensors,
    ...hfDeltaNorms,
    ...hfExpertTensors,
    ...hfSharedExpertTensors,
    ['model.layers.#.linear_attn.in_proj_qkvz', 'blk.#.ssm_in'],
    ['model.layers.#.linear_attn.in_proj_ba', 'blk.#.ssm_ba'],
    ['model.layers.#.linear_attn.conv1d', 'blk.#.ssm_conv1d'],
    ['model.layers.#.linear_attn.dt_bias', 'blk.#.ssm_dt.bias'],
    ['model.layers.#.linear_attn.A_log', 'blk.#.ssm_a'],
    ['model.layers.#.linear_attn.norm', 'blk.#.ssm_norm'],
    ['model.layers.#.linear_attn.out_proj', 'blk.#.ssm_out'],
  ],
  adaptWeights: (weights, config, format) =>
    adaptDeltaDecoder(splitProjections(stackExperts(weights), config.delta), config, format),
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, normEpsilon, rope, delta, attends, experts } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const mixer = { scales: readDeltaScales(weights, delta), width, normEpsilon }
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w, layer) => {
      const attnNorm = rmsNorm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm')
      const mixed =
        attends[layer] === true
          ? gatedAttention(g, attnNorm, w, config, { rope, inverseFrequencies })
          : deltaMixer(g, attnNorm, w, delta, mixer) // [T, D]
      const middle = add(g, x, mixed, 'mixer_residual') // [T, D]
      const ffnNorm = rmsNorm(g, middle, w.tensor('post_attention_norm.weight', [width]), normEpsilon, 'ffn_norm')
      const ffnOut =
        experts === undefined
          ? gatedFeedForward(g, ffnNorm, readFeedForward(w, config), config.activation)
          : sparseFeedForward(g, ffnNorm, w, config, experts, { layer, options }) // [T, D]
      return add(g, middle, ffnOut, 'ffn_residual')
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}

/** What all models with gated delta nets between attention state in GGUF; layers that predict tokens further ahead are left out. */
export function deltaDecoderFromGguf(metadata: ConfigFields, sharing: KeySharing): Omit<Qwen3NextConfig, 'experts'> {
  const fields = architectureFields(metadata)
  const every = decoderFromGguf(withDefaults(fields, { feed_forward_length: 1 }), 'neox')
  const layers = every.layers - readNumber(fields, 'nextn_predict_layers', 0)
  const recurrent = optionalFlags(fields, 'attention.recurrent_layers')
  const period = readCount(fields, 'full_attention_interval', 4)
  const attends = Array.from({ length: layers }, (_, layer) => !(recurrent?.[layer] ?? (layer + 1) % period !== 0))
  return { ...every, layers, activation: 'silu', delta: deltaFromGguf(fields, sharing), attends }
}

/** The same in config.json. */
export function deltaDecoderFromHf(config: ConfigFields): Omit<Qwen3NextConfig, 'experts'> {
  const decoder = decoderFromHf(withDefaults(config, { partial_rotary_factor: 0.25 }))
  return {
    ...decoder,
    activation: activationFromHf(config, 'hidden_act', 'silu'),
    delta: deltaFromHf(config),
    attends: attendingLayersFromHf(config, decoder.layers),
  }
}

export function withExpertsFromGguf(
  metadata: ConfigFields,
  decoder: Omit<Qwen3NextConfig, 'experts'>,
): Qwen3NextConfig {
  const fields = architectureFields(metadata)
  const sharedWidth = readCount(fields, 'expert_shared_feed_forward_length', decoder.feedForward)
  return { ...decoder, experts: sparseLayersFromGguf(fields, decoder.layers, { renormalise: true, sharedWidth }) }
}

export function withExpertsFromHf(config: ConfigFields, decoder: Omit<Qwen3NextConfig, 'experts'>): Qwen3NextConfig {
  const renormalise = config.get('norm_topk_prob') !== false
  return { ...decoder, experts: sparseLayersFromHf(config, decoder.layers, { renormalise, shared: true }) }
}

function attendingLayersFromHf(config: ConfigFields, layers: number): readonly boolean[] {
  const types = config.get('layer_types')
  const period = readCount(config, 'full_attention_interval', 4)
  if (types === undefined) return Array.from({ length: layers }, (_, layer) => (layer + 1) % period === 0)
  if (!Array.isArray(types) || types.length !== layers)
    return refuseField(config, 'layer_types', `${layers} names`, types)
  return types.map((type: unknown) => {
    if (type === 'full_attention' || type === 'linear_attention') return type === 'full_attention'
    return refuseField(config, 'layer_types', `'full_attention' or 'linear_attention'`, type)
  })
}

/** Query and gate of one head lie side by side in the file; here they are apart. Hugging Face's norms but that of the delta net lack 1. */
export function adaptDeltaDecoder(
  weights: ReadonlyMap<string, WeightSource>,
  { heads, headDim, delta }: Omit<Qwen3NextConfig, 'experts'>,
  format: WeightFormat,
): Map<string, WeightSource> {
  const adapted = adaptDelta(weights, delta, format)
  for (const [name, source] of weights) {
    const field = name.replace(/^blk\.\d+\./, '')
    if (field === 'attn_q.weight' || field === 'attn_q.bias') {
      const every = (start: number) =>
        Array.from({ length: heads }, (_, head) => [(2 * head + start) * headDim, headDim] as const)
      const gateName = name.replace('attn_q.', 'attn_q_gate.')
      adapted.set(name, rowRangesSource(name, source, every(0)))
      adapted.set(gateName, rowRangesSource(gateName, source, every(1)))
    } else if (field === 'ffn_gate_inp_shexp.weight' && source.shape.length === 1) {
      adapted.set(name, { ...source, shape: [1, ...source.shape] })
    } else if (format === 'safetensors' && field.endsWith('norm.weight') && field !== 'ssm_norm.weight') {
      adapted.set(
        name,
        mappedSource(source, (value) => value + 1),
      )
    }
  }
  return adapted
}

/** Each key head has its query, its key, and values and gates of its value heads side by side, and so beta and alpha. */
function splitProjections(
  weights: ReadonlyMap<string, WeightSource>,
  { keyHeads, keySize, valueHeads, valueSize }: DeltaSizes,
): Map<string, WeightSource> {
  const split = new Map(weights)
  const perKey = valueHeads / keyHeads
  const parts = (stride: number, start: number, count: number) =>
    Array.from({ length: keyHeads }, (_, head) => [head * stride + start, count] as const)
  const values = perKey * valueSize
  const wide = 2 * keySize + 2 * values
  for (const [name, source] of weights) {
    const [, block, field] = /^(blk\.\d+\.)(ssm_in|ssm_ba)\.weight$/.exec(name) ?? []
    if (block === undefined) continue
    const take = (part: string, ranges: readonly (readonly [number, number])[]): void => {
      split.set(`${block}${part}.weight`, rowRangesSource(`${block}${part}.weight`, source, ranges))
    }
    split.delete(name)
    if (field === 'ssm_in') {
      const [q, k, v] = [parts(wide, 0, keySize), parts(wide, keySize, keySize), parts(wide, 2 * keySize, values)]
      take('attn_qkv', [...q, ...k, ...v])
      take('attn_gate', parts(wide, 2 * keySize + values, values))
    } else {
      take('ssm_beta', parts(2 * perKey, 0, perKey))
      take('ssm_alpha', parts(2 * perKey, perKey, perKey))
    }
  }
  return split
}

/** Attention whose output passes a gate for each value: x [T, D] -> [T, D] */
function gatedAttention(g: Graph, x: Tensor, w: Weights, config: Qwen3NextConfig, settings: AttentionSettings): Tensor {
  const { width, heads, kvHeads, headDim } = config
  const [qSize, kvSize] = [heads * headDim, kvHeads * headDim]
  const q = linear(g, x, readLinear(w, 'attn_q', qSize, width), 'attn_q') // [T, H * headDim]
  const k = linear(g, x, readLinear(w, 'attn_k', kvSize, width), 'attn_k') // [T, K * headDim]
  const v = linear(g, x, readLinear(w, 'attn_v', kvSize, width), 'attn_v') // [T, K * headDim]
  const mixed = attend(g, q, k, v, config, { ...settings, norms: readHeadNorms(w, headDim, headDim) })
  const gate = linear(g, x, readLinear(w, 'attn_q_gate', qSize, width), 'attn_q_gate') // [T, H * headDim]
  const gated = multiply(g, mixed, activation(g, gate, 'sigmoid', 'attn_gate'), 'attn_gated') // [T, H * headDim]
  return linear(g, gated, readLinear(w, 'attn_output', width, qSize), 'attn_output')
}

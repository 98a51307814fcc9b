/**
 * The stacks of T5 and its kin: RMS norms before each part, no biases, no positions but the scores by distance that block 0 of each
 * stack shares with the others, scores that are not scaled (Raffel et al. 2019, arXiv:1910.10683).
 */
import type { WeightSource } from '../../tensor/device.ts'
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { add, embedding, matmul, rmsNorm, rows, scale } from '../../tensor/ops/index.ts'
import { OstroError } from '../../util/error.ts'
import type { EncoderDecoderConfig, ForwardOptions } from '../architecture.ts'
import type { ConfigFields } from '../config-fields.ts'
import { optionalCount, optionalNumber, readCount, refuseField } from '../config-fields.ts'
import type { Weights } from '../weights.ts'
import { crossAttention, storeMemories } from './cross-attention.ts'
import { encoderCache, runStack, sidePrefix, stackAttention } from './encoder.ts'
import type { Side } from './encoder.ts'
import { checkStacks } from './encoder-config.ts'
import { relativeBiasSource } from './relative-bias.ts'
import type { DistanceBuckets } from './relative-bias.ts'

export interface RelativeConfig extends EncoderDecoderConfig {
  readonly distances: DistanceBuckets
  /** Whether the states before the output projection are scaled by D^-0.5; undefined: where the embedding table is the projection. */
  readonly scalesOutput: boolean | undefined
}

/** x [T, D] normed -> [T, D] */
export type FeedForwardPart = (x: Tensor, weights: Weights, side: Side, layer: number) => Tensor

/** T5 trains on 512 tokens, but has no table of positions that would end there. */
const trainedTokens = 512

export function relativeFromHf(config: ConfigFields): RelativeConfig {
  const layers = readCount(config, 'num_layers')
  const sizes = {
    heads: readCount(config, 'num_heads'),
    headDim: readCount(config, 'd_kv'),
    feedForward: readCount(config, 'd_ff'),
  }
  const decoderLayers = optionalCount(config, 'num_decoder_layers') ?? layers
  // mT5 was never trained with the factor; what config.json says about ties differs from version to version.
  const scales = config.get('tie_word_embeddings') !== false && config.get('model_type') !== 'mt5'
  return checkRelative(config, {
    layers: decoderLayers,
    width: readCount(config, 'd_model'),
    contextLength: readCount(config, 'n_positions', trainedTokens),
    normEpsilon: optionalNumber(config, 'layer_norm_epsilon') ?? 1e-6,
    encoder: { layers, ...sizes },
    decoder: { layers: decoderLayers, ...sizes },
    distances: {
      buckets: readCount(config, 'relative_attention_num_buckets', 32),
      maxDistance: readCount(config, 'relative_attention_max_distance', 128),
    },
    scalesOutput: (config.get('scale_decoder_outputs') ?? scales) === true,
  })
}

export function checkRelative<C extends RelativeConfig>(fields: ConfigFields, config: C): C {
  const { buckets, maxDistance } = config.distances
  checkStacks(fields, config)
  if (buckets < 4 || maxDistance <= buckets / 2 || maxDistance > 2 ** 16) {
    const expected = `at least 4 buckets, and a greatest distance above half of them, at most ${2 ** 16}`
    refuseField(fields, 'relative_attention_max_distance', expected, maxDistance)
  }
  return config
}

export const hfRelativeTensors = [
  // Checkpoints keep the one table under any of three names, or all.
  ['decoder.embed_tokens', 'token_embd'],
  ['encoder.embed_tokens', 'token_embd'],
  ['shared', 'token_embd'],
  ['lm_head', 'output'],
  ['encoder.final_layer_norm', 'enc.output_norm'],
  ['decoder.final_layer_norm', 'dec.output_norm'],
  ...sideTensors('encoder', 'enc'),
  ...sideTensors('decoder', 'dec'),
  ['decoder.block.#.layer.1.EncDecAttention.q', 'dec.blk.#.cross_attn_q'],
  ['decoder.block.#.layer.1.EncDecAttention.k', 'dec.blk.#.cross_attn_k'],
  ['decoder.block.#.layer.1.EncDecAttention.v', 'dec.blk.#.cross_attn_v'],
  ['decoder.block.#.layer.1.EncDecAttention.o', 'dec.blk.#.cross_attn_o'],
  ['decoder.block.#.layer.1.layer_norm', 'dec.blk.#.cross_attn_norm'],
  ['encoder.block.#.layer.1.layer_norm', 'enc.blk.#.ffn_norm'],
  ['decoder.block.#.layer.2.layer_norm', 'dec.blk.#.ffn_norm'],
] as const satisfies readonly (readonly [hf: string, gguf: string])[]

function sideTensors<H extends string, P extends string>(hf: H, prefix: P) {
  return [
    [`${hf}.block.#.layer.0.SelfAttention.q`, `${prefix}.blk.#.attn_q`],
    [`${hf}.block.#.layer.0.SelfAttention.k`, `${prefix}.blk.#.attn_k`],
    [`${hf}.block.#.layer.0.SelfAttention.v`, `${prefix}.blk.#.attn_v`],
    [`${hf}.block.#.layer.0.SelfAttention.o`, `${prefix}.blk.#.attn_o`],
    [`${hf}.block.#.layer.0.SelfAttention.relative_attention_bias`, `${prefix}.blk.#.attn_rel_b`],
    [`${hf}.block.#.layer.0.layer_norm`, `${prefix}.blk.#.attn_norm`],
  ] as const
}

/** Adds the tables of scores by distance, worked out from those by bucket. */
export function addRelativeBiases(
  weights: ReadonlyMap<string, WeightSource>,
  { distances, encoder, decoder }: RelativeConfig,
): Map<string, WeightSource> {
  const all = new Map(weights)
  for (const [side, { heads }] of [
    ['encoder', encoder],
    ['decoder', decoder],
  ] as const) {
    const name = `${sidePrefix[side]}blk.0.attn_rel_b.weight`
    const byBucket = weights.get(name)
    const { shape = [] } = byBucket ?? {}
    if (byBucket === undefined || shape[0] !== distances.buckets || shape[1] !== heads || shape.length !== 2) {
      const message = `tensor '${name}': expected shape [${distances.buckets}, ${heads}], got [${shape.join(', ')}].`
      throw new OstroError('invalid-file', message, { tensor: name, got: shape })
    }
    const table = relativeBiasSource(biasName(side), byBucket, distances, side === 'encoder')
    all.set(table.name, table)
  }
  return all
}

const biasName = (side: Side): string => `${sidePrefix[side]}attn_bias_by_distance`

/** Reads the source and stores the memories. */
export function relativeEncoder(
  g: Graph,
  weights: Weights,
  config: RelativeConfig,
  options: ForwardOptions,
  feedForward: FeedForwardPart,
): void {
  const { encoder } = config
  const attention = { scale: 1, bias: biasOf(weights, config, 'encoder'), cache: encoderCache(g, config) }
  const embedded = embedTokens(g, weights, config) // [T, D]
  const stack = { side: 'encoder', layers: encoder.layers } as const
  const stream = runStack(g, embedded, weights, stack, options, (x, w, layer) => {
    const attended = add(
      g,
      x,
      stackAttention(g, norm(g, x, w, config, 'attn_norm'), w, config.width, encoder, attention),
      'attn_residual',
    ) // [T, D]
    const ffnOut = feedForward(norm(g, attended, w, config, 'ffn_norm'), w, 'encoder', layer)
    return add(g, attended, ffnOut, 'ffn_residual') // [T, D]
  })
  const encoded = norm(g, stream, weights, config, 'enc.output_norm') // [T, D]
  if (options.hidden === true) g.output('encoder.output', encoded)
  storeMemories(g, encoded, weights, config)
}

/** Continues the target: outputs `logits` [R, V]. */
export function relativeDecoder(
  g: Graph,
  weights: Weights,
  config: RelativeConfig,
  options: ForwardOptions,
  feedForward: FeedForwardPart,
): void {
  const { decoder, width } = config
  const attention = { scale: 1, bias: biasOf(weights, config, 'decoder'), cache: undefined }
  const embedded = embedTokens(g, weights, config) // [T, D]
  const stack = { side: 'decoder', layers: decoder.layers } as const
  const stream = runStack(g, embedded, weights, stack, options, (x, w, layer) => {
    const attnNorm = norm(g, x, w, config, 'attn_norm')
    const attended = add(g, x, stackAttention(g, attnNorm, w, width, decoder, attention), 'attn_residual') // [T, D]
    const crossNorm = norm(g, attended, w, config, 'cross_attn_norm')
    const crossed = add(g, attended, crossAttention(g, crossNorm, w, config, 1), 'cross_attn_residual') // [T, D]
    const ffnOut = feedForward(norm(g, crossed, w, config, 'ffn_norm'), w, 'decoder', layer)
    return add(g, crossed, ffnOut, 'ffn_residual') // [T, D]
  })
  const asked = rows(g, stream, g.input('rows'), 'output_rows') // [R, D]
  const normed = norm(g, asked, weights, config, 'dec.output_norm') // [R, D]
  const V = weights.shapeOf('token_embd.weight')[0]
  const untied = weights.optional('output.weight', [V, width])
  const scales = config.scalesOutput ?? untied === undefined
  const scaled = scales ? scale(g, normed, width ** -0.5, 'output_scaled') : normed
  g.output('logits', matmul(g, scaled, untied ?? weights.tensor('token_embd.weight', [V, width]), 'logits')) // [R, V]
}

function embedTokens(g: Graph, weights: Weights, { width }: RelativeConfig): Tensor {
  const table = weights.tensor('token_embd.weight', [weights.shapeOf('token_embd.weight')[0], width])
  return embedding(g, table, g.input('tokens'), 'token_embd')
}

function biasOf(weights: Weights, { encoder, decoder, distances }: RelativeConfig, side: Side): Tensor {
  const { heads } = side === 'encoder' ? encoder : decoder
  return weights.tensor(biasName(side), [heads, 2 * distances.maxDistance + 1])
}

function norm(g: Graph, x: Tensor, weights: Weights, { width, normEpsilon }: RelativeConfig, name: string): Tensor {
  return rmsNorm(g, x, weights.tensor(`${name}.weight`, [width]), normEpsilon, name)
}

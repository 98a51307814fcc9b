/** Causal self-attention with rotary positions; norms of queries and keys where the file has them. */
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { attention, rmsNorm, rope } from '../../tensor/ops/index.ts'
import type { DecoderConfig } from '../architecture.ts'
import type { Weights } from '../weights.ts'
import { linear, readLinear } from './linear.ts'
import type { Linear } from './linear.ts'
import { ropeScale } from './rope.ts'
import type { RopeConfig } from './rope.ts'

export interface AttentionWeights {
  readonly attnQ: Linear // [H * headDim, D]
  readonly attnK: Linear // [K * headDim, D]
  readonly attnV: Linear // [K * headDim, D]
  readonly attnOutput: Linear // [D, H * headDim]
}

/** Weights of the norms of queries and keys: [headDim] for a norm of each head, [H * headDim] and [K * headDim] for one of all. */
export interface HeadNorms {
  readonly attnQNorm: Tensor
  readonly attnKNorm: Tensor
}

export interface AttentionSettings {
  readonly rope: RopeConfig
  /** The tensor of inverse frequencies [rope.dims / 2]. */
  readonly inverseFrequencies: Tensor
  /** Multiplies scores; default headDim ** -0.5. */
  readonly scale?: number
  /** Keys visible to a query, itself included; default all. */
  readonly window?: number | undefined
  readonly softcap?: number | undefined
  readonly norms?: HeadNorms
  /** False where queries and keys have no positions; default true. */
  readonly rotates?: boolean
}

export function readAttention(weights: Weights, { width, heads, kvHeads, headDim }: DecoderConfig): AttentionWeights {
  return {
    attnQ: readLinear(weights, 'attn_q', heads * headDim, width),
    attnK: readLinear(weights, 'attn_k', kvHeads * headDim, width),
    attnV: readLinear(weights, 'attn_v', kvHeads * headDim, width),
    attnOutput: readLinear(weights, 'attn_output', width, heads * headDim),
  }
}

/** Norms of `qWidth` and `kWidth` consecutive values: the head size, or the whole projected width. */
export function readHeadNorms(weights: Weights, qWidth: number, kWidth: number): HeadNorms {
  return {
    attnQNorm: weights.tensor('attn_q_norm.weight', [qWidth]),
    attnKNorm: weights.tensor('attn_k_norm.weight', [kWidth]),
  }
}

/** x [T, D] -> [T, D] */
export function selfAttention(
  g: Graph,
  x: Tensor,
  w: AttentionWeights,
  config: DecoderConfig,
  settings: AttentionSettings,
): Tensor {
  const q = linear(g, x, w.attnQ, 'attn_q') // [T, H * headDim]
  const k = linear(g, x, w.attnK, 'attn_k') // [T, K * headDim]
  const v = linear(g, x, w.attnV, 'attn_v') // [T, K * headDim]
  return linear(g, attend(g, q, k, v, config, settings), w.attnOutput, 'attn_output')
}

/** From projected q, k, v to the mixed values [T, H * headDim], before the output projection. */
export function attend(
  g: Graph,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, kvHeads, headDim, normEpsilon }: DecoderConfig,
  {
    rope: ropeConfig,
    inverseFrequencies,
    scale = headDim ** -0.5,
    window,
    softcap,
    norms,
    rotates = true,
  }: AttentionSettings,
): Tensor {
  const qNormed = norms === undefined ? q : rmsNorm(g, q, norms.attnQNorm, normEpsilon, 'attn_q_norm')
  const kNormed = norms === undefined ? k : rmsNorm(g, k, norms.attnKNorm, normEpsilon, 'attn_k_norm')
  const rotation = { headDim, style: ropeConfig.style, scale: ropeScale(ropeConfig) }
  const rotated = (x: Tensor, label: string): Tensor => (rotates ? rope(g, x, inverseFrequencies, rotation, label) : x)
  const qRotated = rotated(qNormed, 'attn_q_rope')
  const kRotated = rotated(kNormed, 'attn_k_rope')
  return attention(g, qRotated, kRotated, v, { heads, kvHeads, headDim, scale, window, softcap }, 'attn')
}

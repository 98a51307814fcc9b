/** What both stacks of an encoder-decoder are made of: the walk over their blocks, and self-attention without rotations. */
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { attention } from '../../tensor/ops/index.ts'
import type { EncoderDecoderConfig, ForwardOptions, StackConfig } from '../architecture.ts'
import type { Weights } from '../weights.ts'
import { linear, readLinear } from './linear.ts'

export type Side = 'encoder' | 'decoder'

/** `enc.` or `dec.`: how the names of a stack's tensors start. */
export const sidePrefix: Readonly<Record<Side, string>> = { encoder: 'enc.', decoder: 'dec.' }

/** Runs `block` for each layer of a stack with the layer's weights; outputs the hidden states when asked. */
export function runStack(
  g: Graph,
  x: Tensor,
  weights: Weights,
  { side, layers }: { readonly side: Side; readonly layers: number },
  options: ForwardOptions,
  block: (x: Tensor, weights: Weights, layer: number) => Tensor,
): Tensor {
  let stream = x
  if (options.hidden === true) g.output(`${side}.hidden.0`, stream)
  for (let layer = 0; layer < layers; layer++) {
    const prefix = `${sidePrefix[side]}blk.${layer}.`
    stream = g.scope(prefix, () => block(stream, weights.scope(prefix), layer))
    if (options.hidden === true) g.output(`${side}.hidden.${layer + 1}`, stream)
  }
  return stream
}

export interface StackAttention {
  /** Multiplies scores. */
  readonly scale: number
  /** [heads, 2 * reach + 1]: added to the scores by distance. */
  readonly bias?: Tensor | undefined
  /** The cache that all layers of an encoder share; undefined in a decoder, whose layers have one each and are causal. */
  readonly cache: number | undefined
}

/** The cache of an encoder: nothing of a layer's keys and values is read after it, so one serves all layers. */
export function encoderCache(g: Graph, { encoder: { heads, headDim } }: EncoderDecoderConfig): number {
  return g.cache({ kvHeads: heads, headDim, window: undefined })
}

/** x [T, D] -> [T, D] */
export function stackAttention(
  g: Graph,
  x: Tensor,
  weights: Weights,
  width: number,
  { heads, headDim }: StackConfig,
  { scale, bias, cache }: StackAttention,
): Tensor {
  const inner = heads * headDim
  const q = linear(g, x, readLinear(weights, 'attn_q', inner, width), 'attn_q') // [T, H * headDim]
  const k = linear(g, x, readLinear(weights, 'attn_k', inner, width), 'attn_k') // [T, H * headDim]
  const v = linear(g, x, readLinear(weights, 'attn_v', inner, width), 'attn_v') // [T, H * headDim]
  const settings = { heads, kvHeads: heads, headDim, scale, bias, window: undefined, softcap: undefined }
  const mixed = attention(g, q, k, v, cache === undefined ? settings : { ...settings, cache, causal: false }, 'attn')
  return linear(g, mixed, readLinear(weights, 'attn_o', width, inner), 'attn_o')
}

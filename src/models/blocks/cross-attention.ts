/** The joint between encoder and decoder: keys and values of the source for each layer of the decoder, which attends to them. */
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { memoryAttention, memoryStore } from '../../tensor/ops/index.ts'
import type { EncoderDecoderConfig } from '../architecture.ts'
import type { Weights } from '../weights.ts'
import { linear, readLinear } from './linear.ts'

/** Ends an encoder: what each layer of the decoder needs of its output `encoded` [T, D] is worked out and kept once. */
export function storeMemories(g: Graph, encoded: Tensor, weights: Weights, config: EncoderDecoderConfig): void {
  const { width, decoder } = config
  const { heads, headDim } = decoder
  for (let layer = 0; layer < decoder.layers; layer++) {
    const prefix = `dec.blk.${layer}.`
    g.scope(prefix, () => {
      const w = weights.scope(prefix)
      const k = linear(g, encoded, readLinear(w, 'cross_attn_k', heads * headDim, width), 'cross_attn_k') // [T, H * headDim]
      const v = linear(g, encoded, readLinear(w, 'cross_attn_v', heads * headDim, width), 'cross_attn_v') // [T, H * headDim]
      memoryStore(g, k, v, { kvHeads: heads, headDim }, 'cross_attn_memory')
    })
  }
}

/** x [T, D] of the decoder -> [T, D]; called once for each layer, in order. */
export function crossAttention(
  g: Graph,
  x: Tensor,
  weights: Weights,
  { width, decoder: { heads, headDim } }: EncoderDecoderConfig,
  scale: number,
): Tensor {
  const q = linear(g, x, readLinear(weights, 'cross_attn_q', heads * headDim, width), 'cross_attn_q') // [T, H * headDim]
  const mixed = memoryAttention(g, q, { heads, kvHeads: heads, headDim, scale }, 'cross_attn')
  return linear(g, mixed, readLinear(weights, 'cross_attn_o', width, heads * headDim), 'cross_attn_o')
}

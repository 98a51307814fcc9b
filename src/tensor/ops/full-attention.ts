/** Attention among all tokens of a run that belong to one sequence, in both directions and without a cache: that of encoders. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensors, expectInteger, expectType, refuse, sameShape, takeInputs } from '../shape.ts'
import { softmaxOf } from './softmax.ts'

export interface FullAttentionAttributes {
  readonly heads: number
  /** Divides `heads`; query head h reads key head floor(h * kvHeads / heads). */
  readonly kvHeads: number
  readonly headDim: number
  /** Multiplies the scores, usually headDim ** -0.5. */
  readonly scale: number
}

export const fullAttentionOp: OpDefinition<FullAttentionAttributes> = {
  name: 'full-attention',
  infer(inputs, { heads, kvHeads, headDim }) {
    const [q, k, v, sequences] = takeInputs('full-attention', inputs, 4)
    expectInteger('full-attention', 'kvHeads', kvHeads, 1)
    expectInteger('full-attention', 'headDim', headDim, 1)
    if (heads % kvHeads !== 0) refuse('full-attention', 'heads a multiple of kvHeads', `${heads} and ${kvHeads}`)
    expectType('full-attention', sequences, 'i32')
    const T = q.shape[0]
    const fits =
      sameShape(q.shape, [T, heads * headDim]) &&
      sameShape(k.shape, [T, kvHeads * headDim]) &&
      sameShape(v.shape, k.shape) &&
      sameShape(sequences.shape, [T])
    if (!fits) {
      const expected = `q [T, ${heads * headDim}], k and v [T, ${kvHeads * headDim}], sequences [T]`
      refuse('full-attention', expected, describeTensors(inputs))
    }
    return { shape: q.shape, type: 'f32' }
  },
  reference({ attributes: { heads, kvHeads, headDim, scale }, inputs: [q, k, v, sequences], output }) {
    const T = sequences.data.length
    for (let t = 0; t < T; t++) {
      const seen = Array.from({ length: T }, (_, s) => s).filter((s) => sequences.data[s] === sequences.data[t])
      for (let head = 0; head < heads; head++) {
        const start = (t * heads + head) * headDim
        const kvHead = Math.floor((head * kvHeads) / heads)
        const scores = seen.map((s) => {
          let dot = 0
          for (let i = 0; i < headDim; i++) dot += q.data[start + i] * k.data[(s * kvHeads + kvHead) * headDim + i]
          return dot * scale
        })
        const weights = softmaxOf(scores)
        for (let i = 0; i < headDim; i++) {
          let sum = 0
          seen.forEach((s, index) => (sum += weights[index] * v.data[(s * kvHeads + kvHead) * headDim + i]))
          output.data[start + i] = sum
        }
      }
    }
  },
}

/** q [T, heads * headDim], k and v [T, kvHeads * headDim]; gives [T, heads * headDim]. */
export function fullAttention(
  g: Graph,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  attributes: FullAttentionAttributes,
  label?: string,
): Tensor {
  return g.apply(fullAttentionOp, [q, k, v, g.input('sequences')], attributes, label)
}

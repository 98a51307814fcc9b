/** Softmax over the last dimension. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { lastDim, takeInputs } from '../shape.ts'

export type SoftmaxAttributes = Readonly<Record<string, never>>

export const softmaxOp: OpDefinition<SoftmaxAttributes> = {
  name: 'softmax',
  infer(inputs) {
    const [x] = takeInputs('softmax', inputs, 1)
    lastDim('softmax', x)
    return { shape: x.shape, type: 'f32' }
  },
  reference({ inputs: [x], output }) {
    const D = x.shape[x.shape.length - 1]
    for (let start = 0; start < x.data.length; start += D) {
      output.data.set(softmaxOf(Array.from(x.data.subarray(start, start + D))), start)
    }
  },
}

/** exp(x - max) / sum: in double precision, for the ops that hold a softmax inside. */
export function softmaxOf(scores: readonly number[]): number[] {
  const highest = scores.reduce((most, score) => Math.max(most, score), -Infinity)
  const weights = scores.map((score) => Math.exp(score - highest))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/** Softmax of each row of x [*, D]. */
export function softmax(g: Graph, x: Tensor, label?: string): Tensor {
  return g.apply(softmaxOp, [x], {}, label)
}

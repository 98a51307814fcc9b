/** log(sum(exp(x))) over the last dimension, which becomes 1. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { lastDim, takeInputs } from '../shape.ts'

export type LogsumexpAttributes = Readonly<Record<string, never>>

export const logsumexpOp: OpDefinition<LogsumexpAttributes> = {
  name: 'logsumexp',
  infer(inputs) {
    const [x] = takeInputs('logsumexp', inputs, 1)
    lastDim('logsumexp', x)
    return { shape: [...x.shape.slice(0, -1), 1], type: 'f32' }
  },
  reference({ inputs: [x], output }) {
    const D = x.shape[x.shape.length - 1]
    for (let row = 0; row < output.data.length; row++) {
      output.data[row] = logsumexpOf(x.data.subarray(row * D, (row + 1) * D))
    }
  },
}

/** In double precision, for the ops that hold it inside. */
export function logsumexpOf(scores: ArrayLike<number>): number {
  let highest = -Infinity
  for (let i = 0; i < scores.length; i++) highest = Math.max(highest, scores[i])
  if (!Number.isFinite(highest)) return highest
  let total = 0
  for (let i = 0; i < scores.length; i++) total += Math.exp(scores[i] - highest)
  return highest + Math.log(total)
}

/** Of each row of x [*, D]; gives [*, 1]. */
export function logsumexp(g: Graph, x: Tensor, label?: string): Tensor {
  return g.apply(logsumexpOp, [x], {}, label)
}

/** A linear layer without bias: x [*, K] times the transpose of a weight [N, K]. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensor, describeTensors, lastDim, refuse, takeInputs } from '../shape.ts'

export type MatmulAttributes = Readonly<Record<string, never>>

export const matmulOp: OpDefinition<MatmulAttributes> = {
  name: 'matmul',
  infer(inputs) {
    const [x, weight] = takeInputs('matmul', inputs, 2)
    if (weight.shape.length !== 2) refuse('matmul', 'a weight [N, K]', describeTensor(weight))
    if (lastDim('matmul', x) !== weight.shape[1])
      refuse('matmul', 'x [*, K] and weight [N, K]', describeTensors(inputs))
    return { shape: [...x.shape.slice(0, -1), weight.shape[0]], type: 'f32' }
  },
  reference({ inputs: [x, weight], output }) {
    const [N, K] = weight.shape
    const rows = x.data.length / K
    for (let row = 0; row < rows; row++) {
      for (let n = 0; n < N; n++) {
        let sum = 0
        for (let k = 0; k < K; k++) sum += x.data[row * K + k] * weight.data[n * K + k]
        output.data[row * N + n] = sum
      }
    }
  },
}

/** x [*, K] times weight [N, K] transposed; gives [*, N]. */
export function matmul(g: Graph, x: Tensor, weight: Tensor, label?: string): Tensor {
  return g.apply(matmulOp, [x, weight], {}, label)
}

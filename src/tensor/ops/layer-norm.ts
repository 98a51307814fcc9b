/** Layer norm over the last dimension: (x - mean) / sqrt(variance + epsilon) * weight + bias, with the biased variance. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { expectVector, lastDim, takeInputs } from '../shape.ts'

export interface LayerNormAttributes {
  /** Added to the variance. */
  readonly epsilon: number
}

export const layerNormOp: OpDefinition<LayerNormAttributes> = {
  name: 'layer-norm',
  infer(inputs) {
    const [x, ...vectors] = takeInputs('layer-norm', inputs, 2, 3)
    for (const vector of vectors) expectVector('layer-norm', vector, lastDim('layer-norm', x))
    return { shape: x.shape, type: 'f32' }
  },
  reference({ attributes: { epsilon }, inputs: [x, weight, bias], output }) {
    const D = weight.data.length
    for (let start = 0; start < x.data.length; start += D) {
      let sum = 0
      for (let i = 0; i < D; i++) sum += x.data[start + i]
      const mean = sum / D
      let squares = 0
      for (let i = 0; i < D; i++) squares += (x.data[start + i] - mean) ** 2
      const inverse = 1 / Math.sqrt(squares / D + epsilon)
      for (let i = 0; i < D; i++) {
        output.data[start + i] = (x.data[start + i] - mean) * inverse * weight.data[i] + (bias?.data[i] ?? 0)
      }
    }
  },
}

/** Normalises rows of x [*, D]; weight [D], bias [D] or none. */
export function layerNorm(
  g: Graph,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  epsilon: number,
  label?: string,
): Tensor {
  return g.apply(layerNormOp, bias === undefined ? [x, weight] : [x, weight, bias], { epsilon }, label)
}

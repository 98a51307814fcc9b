/** Root-mean-square norm of each group of G values: x / sqrt(mean(x^2) + epsilon) * weight (Zhang and Sennrich 2019, equation 4). */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensor, describeTensors, lastDim, refuse, takeInputs } from '../shape.ts'

export interface RmsNormAttributes {
  /** Added to the mean square. */
  readonly epsilon: number
}

export const rmsNormOp: OpDefinition<RmsNormAttributes> = {
  name: 'rms-norm',
  infer(inputs) {
    const [x, weight] = takeInputs('rms-norm', inputs, 2)
    if (weight.shape.length !== 1) refuse('rms-norm', 'a weight [G]', describeTensor(weight))
    if (lastDim('rms-norm', x) % lastDim('rms-norm', weight) !== 0) {
      refuse('rms-norm', 'x [*, D] and a weight [G] with G a divisor of D', describeTensors(inputs))
    }
    return { shape: x.shape, type: 'f32' }
  },
  reference({ attributes: { epsilon }, inputs: [x, weight], output }) {
    const G = weight.data.length
    for (let start = 0; start < x.data.length; start += G) {
      let squares = 0
      for (let i = 0; i < G; i++) squares += x.data[start + i] ** 2
      const inverse = 1 / Math.sqrt(squares / G + epsilon)
      for (let i = 0; i < G; i++) output.data[start + i] = x.data[start + i] * inverse * weight.data[i]
    }
  },
}

/** Normalises each consecutive group of G values of x [*, D]; weight [G], where G divides D (per-head norms: G = headDim). */
export function rmsNorm(g: Graph, x: Tensor, weight: Tensor, epsilon: number, label?: string): Tensor {
  return g.apply(rmsNormOp, [x, weight], { epsilon }, label)
}

/** Each row times a factor of its own, such as the gate of a shared expert. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensors, lastDim, refuse, sameShape, takeInputs } from '../shape.ts'

export type ScaleRowsAttributes = Readonly<Record<string, never>>

export const scaleRowsOp: OpDefinition<ScaleRowsAttributes> = {
  name: 'scale-rows',
  infer(inputs) {
    const [x, factors] = takeInputs('scale-rows', inputs, 2)
    lastDim('scale-rows', x)
    if (x.shape.length !== 2 || !sameShape(factors.shape, [x.shape[0], 1]))
      refuse('scale-rows', 'x [T, D] and factors [T, 1]', describeTensors(inputs))
    return { shape: x.shape, type: 'f32' }
  },
  reference({ inputs: [x, factors], output }) {
    const D = x.shape[1]
    for (let i = 0; i < output.data.length; i++) output.data[i] = x.data[i] * factors.data[Math.floor(i / D)]
  },
}

/** x [T, D] times factors [T, 1]. */
export function scaleRows(g: Graph, x: Tensor, factors: Tensor, label?: string): Tensor {
  return g.apply(scaleRowsOp, [x, factors], {}, label)
}

/** Multiplies by one number. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { takeInputs } from '../shape.ts'

export interface ScaleAttributes {
  readonly factor: number
}

export const scaleOp: OpDefinition<ScaleAttributes> = {
  name: 'scale',
  infer: (inputs) => ({ shape: takeInputs('scale', inputs, 1)[0].shape, type: 'f32' }),
  reference({ attributes: { factor }, inputs: [x], output }) {
    for (let i = 0; i < output.data.length; i++) output.data[i] = x.data[i] * factor
  },
}

/** x * factor. */
export function scale(g: Graph, x: Tensor, factor: number, label?: string): Tensor {
  return g.apply(scaleOp, [x], { factor }, label)
}

/** Bends values smoothly into (-cap, cap): cap * tanh(x / cap) (Gemma 2). */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { refuse, takeInputs } from '../shape.ts'

export interface SoftcapAttributes {
  readonly cap: number
}

export const softcapOp: OpDefinition<SoftcapAttributes> = {
  name: 'softcap',
  infer(inputs, { cap }) {
    if (!(cap > 0)) refuse('softcap', 'a cap above 0', String(cap))
    return { shape: takeInputs('softcap', inputs, 1)[0].shape, type: 'f32' }
  },
  reference({ attributes: { cap }, inputs: [x], output }) {
    for (let i = 0; i < output.data.length; i++) output.data[i] = cap * Math.tanh(x.data[i] / cap)
  },
}

/** cap * tanh(x / cap). */
export function softcap(g: Graph, x: Tensor, cap: number, label?: string): Tensor {
  return g.apply(softcapOp, [x], { cap }, label)
}

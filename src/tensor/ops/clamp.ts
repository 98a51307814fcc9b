/** Keeps values within [-limit, limit] (DBRX's `clip_qkv`). */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { refuse, takeInputs } from '../shape.ts'

export interface ClampAttributes {
  readonly limit: number
}

export const clampOp: OpDefinition<ClampAttributes> = {
  name: 'clamp',
  infer(inputs, { limit }) {
    if (!(limit > 0)) refuse('clamp', 'a limit above 0', String(limit))
    return { shape: takeInputs('clamp', inputs, 1)[0].shape, type: 'f32' }
  },
  reference({ attributes: { limit }, inputs: [x], output }) {
    for (let i = 0; i < output.data.length; i++) output.data[i] = Math.min(Math.max(x.data[i], -limit), limit)
  },
}

/** min(max(x, -limit), limit). */
export function clamp(g: Graph, x: Tensor, limit: number, label?: string): Tensor {
  return g.apply(clampOp, [x], { limit }, label)
}

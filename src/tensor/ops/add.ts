/** Sum of two tensors of one shape, or of rows and a vector that goes with each row. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { inferRowwise } from '../rowwise.ts'

export type AddAttributes = Readonly<Record<string, never>>

export const addOp: OpDefinition<AddAttributes> = {
  name: 'add',
  infer: (inputs) => inferRowwise('add', inputs),
  reference({ inputs: [a, b], output }) {
    for (let i = 0; i < output.data.length; i++) output.data[i] = a.data[i] + b.data[i % b.data.length]
  },
}

/** a + b; `b` has the shape of `a` [*, D] or is a vector [D]. */
export function add(g: Graph, a: Tensor, b: Tensor, label?: string): Tensor {
  return g.apply(addOp, [a, b], {}, label)
}

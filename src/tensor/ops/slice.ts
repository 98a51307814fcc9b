/** Columns [start, start + size) of every row. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensor, expectInteger, lastDim, refuse, takeInputs } from '../shape.ts'

export interface SliceAttributes {
  readonly start: number
  readonly size: number
}

export const sliceOp: OpDefinition<SliceAttributes> = {
  name: 'slice',
  infer(inputs, { start, size }) {
    const [x] = takeInputs('slice', inputs, 1)
    expectInteger('slice', 'start', start, 0)
    expectInteger('slice', 'size', size, 1)
    if (start + size > lastDim('slice', x)) refuse('slice', `at least ${start + size} columns`, describeTensor(x))
    return { shape: [...x.shape.slice(0, -1), size], type: 'f32' }
  },
  reference({ attributes: { start, size }, inputs: [x], output }) {
    const D = x.shape[x.shape.length - 1]
    for (let row = 0; row * size < output.data.length; row++) {
      output.data.set(x.data.subarray(row * D + start, row * D + start + size), row * size)
    }
  },
}

/** Columns of x [*, D]; gives [*, size]. */
export function slice(g: Graph, x: Tensor, attributes: SliceAttributes, label?: string): Tensor {
  return g.apply(sliceOp, [x], attributes, label)
}

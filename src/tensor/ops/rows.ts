/** Picks rows: out[r] = x[rows[r]]; the output projection is computed only for tokens whose logits are wanted. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensors, expectType, lastDim, refuse, takeInputs } from '../shape.ts'

export type RowsAttributes = Readonly<Record<string, never>>

export const rowsOp: OpDefinition<RowsAttributes> = {
  name: 'rows',
  infer(inputs) {
    const [x, rows] = takeInputs('rows', inputs, 2)
    expectType('rows', rows, 'i32')
    if (x.shape.length !== 2 || rows.shape.length !== 1)
      refuse('rows', 'x [T, D] and rows [R]', describeTensors(inputs))
    return { shape: [rows.shape[0], lastDim('rows', x)], type: 'f32' }
  },
  reference({ inputs: [x, rows], output }) {
    const [T, D] = x.shape
    rows.data.forEach((row, r) => {
      if (row < 0 || row >= T) refuse('rows', `rows from 0 to ${T - 1}`, `${row} at ${r}`)
      output.data.set(x.data.subarray(row * D, (row + 1) * D), r * D)
    })
  },
}

/** Rows of x [T, D] by `rows` i32 [R]; gives [R, D]. */
export function rows(g: Graph, x: Tensor, indices: Tensor, label?: string): Tensor {
  return g.apply(rowsOp, [x, indices], {}, label)
}

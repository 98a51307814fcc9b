/** The shape rule of ops on two tensors that agree element by element, or of which the second goes with each row. */
import type { ActivationType } from './dtype.ts'
import type { Shape, Tensor } from './graph.ts'
import { describeTensors, lastDim, refuse, sameShape, takeInputs } from './shape.ts'

/** @throws OstroError `invalid-argument` unless b has a's shape [*, D] or is [D]. */
export function inferRowwise(op: string, inputs: readonly Tensor[]): { shape: Shape; type: ActivationType } {
  const [a, b] = takeInputs(op, inputs, 2)
  if (!sameShape(a.shape, b.shape) && !sameShape([lastDim(op, a)], b.shape)) {
    refuse(op, 'two tensors of one shape, or rows [*, D] and a vector [D]', describeTensors(inputs))
  }
  return { shape: a.shape, type: 'f32' }
}

/** A scalar function on every element. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { scalarFunctions } from '../scalar-functions.ts'
import type { ScalarFunctionName } from '../scalar-functions.ts'
import { refuse, takeInputs } from '../shape.ts'

export interface ActivationAttributes {
  readonly kind: ScalarFunctionName
}

export const activationOp: OpDefinition<ActivationAttributes> = {
  name: 'activation',
  infer(inputs, { kind }) {
    if (!Object.hasOwn(scalarFunctions, kind))
      refuse('activation', Object.keys(scalarFunctions).join(', '), String(kind))
    return { shape: takeInputs('activation', inputs, 1)[0].shape, type: 'f32' }
  },
  reference({ attributes: { kind }, inputs: [x], output }) {
    const f = scalarFunctions[kind]
    for (let i = 0; i < output.data.length; i++) output.data[i] = f(x.data[i])
  },
}

/** kind(x), element by element. */
export function activation(g: Graph, x: Tensor, kind: ScalarFunctionName, label?: string): Tensor {
  return g.apply(activationOp, [x], { kind }, label)
}

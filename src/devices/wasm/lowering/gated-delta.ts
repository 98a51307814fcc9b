/** One step: threads share the panels of all heads. */
import type { Tensor } from '../../../tensor/graph.ts'
import type { GatedDeltaAttributes } from '../../../tensor/ops/gated-delta.ts'
import { stepFor } from './context.ts'
import type { LowerOp } from './context.ts'
import { rowFields, stateFields } from './recurrent.ts'
import { tensor, vector, widthOf } from './step.ts'

export const lowerGatedDelta: LowerOp = (context, { inputs, output, attributes }) => {
  const [q, k, v, alpha, beta, A, alphaBias] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]
  const { keyHeads, sharing, state } = attributes as unknown as GatedDeltaAttributes
  const heads = widthOf(alpha)
  const [keySize, valueSize] = [widthOf(k) / keyHeads, widthOf(v) / heads]
  context.push({
    ...stepFor(output),
    kernel: `gated-delta:${keySize}:${valueSize}:${keyHeads}:${heads}:${sharing}`,
    inputs: [q.id, k.id, v.id, alpha.id, beta.id],
    fields: {
      ...stateFields(context, output, state),
      ...rowFields({ q, k, v, alpha, beta }),
      A: vector(A.name),
      alphaBias: vector(alphaBias.name),
      output: tensor(output.id),
    },
    work: { multiplyAdds: 4 * widthOf(v) * keySize, weight: undefined },
  })
}

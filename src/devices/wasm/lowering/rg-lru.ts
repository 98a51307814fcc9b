/** The gates first, for all tokens at once; then the recurrence. */
import type { Tensor } from '../../../tensor/graph.ts'
import type { RgLruAttributes } from '../../../tensor/ops/rg-lru.ts'
import { coefficientsPerToken } from '../kernels/rg-lru.ts'
import { stepFor } from './context.ts'
import type { LowerOp } from './context.ts'
import { stateFields } from './recurrent.ts'
import { input, integer, rowsField, rowsOf, tensor, vector, widthOf } from './step.ts'

export const lowerRgLru: LowerOp = (context, { inputs, output, attributes }) => {
  const [x, lambda, inputGate, inputGateBias, recurrentGate, recurrentGateBias] = inputs as readonly Tensor[]
  const { state } = attributes as unknown as RgLruAttributes
  const blockWidth = widthOf(inputGate)
  const blocks = widthOf(x) / blockWidth
  const coefficients = context.newTensor()
  const shape = { blocks: integer(blocks), blockWidth: integer(blockWidth) }
  context.push({
    kernel: 'rg-lru-gates',
    label: `${output.name} gates`,
    inputs: [x.id],
    output: coefficients,
    rows: rowsOf(x),
    rowBytes: 4 * coefficientsPerToken(blocks, blockWidth),
    fields: {
      ...shape,
      positions: input('positions'),
      tokens: rowsField(x),
      x: tensor(x.id),
      lambda: vector(lambda.name),
      inputGate: vector(inputGate.name),
      inputGateBias: vector(inputGateBias.name),
      recurrentGate: vector(recurrentGate.name),
      recurrentGateBias: vector(recurrentGateBias.name),
      output: tensor(coefficients),
    },
    work: { multiplyAdds: 2 * blocks * blockWidth ** 2, weight: undefined },
  })
  context.push({
    ...stepFor(output),
    kernel: 'rg-lru-scan',
    inputs: [coefficients],
    fields: {
      ...shape,
      ...stateFields(context, output, state),
      coefficients: tensor(coefficients),
      output: tensor(output.id),
    },
  })
}

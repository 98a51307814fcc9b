/** The gates first, for all tokens at once; then the recurrence. */
import type { Tensor } from '../../../tensor/graph.ts'
import type { RgLruAttributes } from '../../../tensor/ops/rg-lru.ts'
import { coefficientsPerToken } from '../kernels/rg-lru.ts'
import { stepFor } from './context.ts'
import type { LowerOp } from './context.ts'
import { input, integer, rowsField, rowsOf, tensor, vector, widthOf } from './step.ts'

export const lowerRgLru: LowerOp = ({ push, newTensor, slotBytes }, { inputs, output, attributes }) => {
  const [x, lambda, inputGate, inputGateBias, recurrentGate, recurrentGateBias] = inputs as readonly Tensor[]
  const { state } = attributes as unknown as RgLruAttributes
  const blockWidth = widthOf(inputGate)
  const blocks = widthOf(x) / blockWidth
  const coefficients = newTensor()
  const shared = {
    positions: input('positions'),
    tokens: rowsField(x),
    blocks: integer(blocks),
    blockWidth: integer(blockWidth),
  }
  push({
    kernel: 'rg-lru-gates',
    label: `${output.name} gates`,
    inputs: [x.id],
    output: coefficients,
    rows: rowsOf(x),
    rowBytes: 4 * coefficientsPerToken(blocks, blockWidth),
    fields: {
      ...shared,
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
  push({
    ...stepFor(output),
    kernel: 'rg-lru-scan',
    inputs: [coefficients],
    fields: {
      ...shared,
      coefficients: tensor(coefficients),
      sequences: input('sequences'),
      state: { kind: 'state', state },
      slotBytes: integer(slotBytes),
      output: tensor(output.id),
    },
  })
}

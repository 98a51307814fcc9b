/** Ops that keep states: the kernels take the shape of a state as part of their key, the rest from their fields. */
import { OstroError } from '../../../util/error.ts'
import type { Tensor } from '../../../tensor/graph.ts'
import type { ConvCausalAttributes } from '../../../tensor/ops/conv-causal.ts'
import type { SelectiveScanAttributes } from '../../../tensor/ops/selective-scan.ts'
import { panelWidth } from '../channel-panels.ts'
import { stepFor } from './context.ts'
import type { LowerContext, LowerOp } from './context.ts'
import { input, integer, rowsField, tensor, vector, widthOf } from './step.ts'
import type { FieldValue } from './step.ts'

/** The fields that lead a kernel to the state of each token. */
export const stateFields = (
  { slotBytes }: LowerContext,
  output: Tensor,
  state: number,
): Readonly<Record<string, FieldValue>> => ({
  tokens: rowsField(output),
  positions: input('positions'),
  sequences: input('sequences'),
  state: { kind: 'state', state },
  slotBytes: integer(slotBytes),
})

export const lowerConvCausal: LowerOp = (context, { inputs, output, attributes }) => {
  const [x, weight, bias] = inputs as [Tensor, Tensor, Tensor]
  const { state } = attributes as unknown as ConvCausalAttributes
  const channels = widthOf(x)
  const kernel = expectUnrollable('conv-causal', 'taps', widthOf(weight), mostTaps)
  context.push({
    ...stepFor(output),
    kernel: `conv-causal:${kernel}:${channels % 4}`,
    inputs: [x.id],
    fields: {
      ...stateFields(context, output, state),
      ...rowFields({ input: x }),
      weight: vector(weight.name),
      bias: vector(bias.name),
      output: tensor(output.id),
      channels: integer(channels),
    },
  })
}

export const lowerSelectiveScan: LowerOp = (context, { inputs, output, attributes }) => {
  const [u, delta, A, B, C, D, z, deltaBias] = inputs as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ]
  const { state } = attributes as unknown as SelectiveScanAttributes
  const channels = widthOf(u)
  const stateSize = widthOf(A)
  if (A.type !== 'f32') {
    const message = `wasm device: selective-scan: expected A as f32, got ${A.type}. Use the reference device.`
    throw new OstroError('unsupported', message, { type: A.type })
  }
  const rows = { u, delta, z, B, C }
  context.push({
    ...stepFor(output),
    kernel: `selective-scan:${stateSize}:${channels % panelWidth}`,
    inputs: Object.values(rows).map(({ id }) => id),
    fields: {
      ...stateFields(context, output, state),
      ...rowFields(rows),
      A: { kind: 'weight', name: A.name, use: 'matmul' }, // in panels, as matmuls have their weights
      D: vector(D.name),
      deltaBias: vector(deltaBias.name),
      output: tensor(output.id),
      channels: integer(channels),
    },
    work: { multiplyAdds: 12 * channels * stateSize, weight: undefined },
  })
}

/** The kernel writes this loop out, so its code grows with it. No model has a tenth of it. */
const mostTaps = 64

/** @throws OstroError `unsupported` */
function expectUnrollable(op: string, what: string, value: number, most: number): number {
  if (value <= most) return value
  const message = `wasm device: ${op}: expected at most ${most} ${what}, got ${value}. Use the reference device.`
  throw new OstroError('unsupported', message, { op, value })
}

/** Each row operand is an address and the bytes from one token's row to the next one's. */
export function rowFields(rows: Readonly<Record<string, Tensor>>): Readonly<Record<string, FieldValue>> {
  return Object.fromEntries(
    Object.entries(rows).flatMap(([name, row]) => [
      [name, tensor(row.id)],
      [`${name.toLowerCase()}Stride`, integer(4 * widthOf(row))],
    ]),
  )
}

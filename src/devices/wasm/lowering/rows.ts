/** Ops that work row by row: elementwise functions, norms, rotations, copies. */
import type { GraphNode, Tensor } from '../../../tensor/graph.ts'
import type { RopeAttributes } from '../../../tensor/ops/rope.ts'
import { stepFor } from './context.ts'
import type { LowerContext, LowerOp } from './context.ts'
import { float, input, integer, rowsField, tensor, vector, widthOf } from './step.ts'
import type { FieldValue } from './step.ts'

/** `kernel` reads the first input as `a`, a second one as `b`. */
export function pushElementwise(
  { push }: LowerContext,
  { inputs, output }: GraphNode,
  kernel: string,
  extra: Readonly<Record<string, FieldValue>> = {},
): void {
  const [a, b] = inputs as [Tensor, Tensor | undefined]
  const operands = [a, b].filter((operand) => operand !== undefined && operand.kind !== 'weight') as Tensor[]
  push({
    ...stepFor(output),
    kernel,
    inputs: operands.map((operand) => operand.id),
    fields: {
      a: tensor(a.id),
      ...(b === undefined ? {} : { b: b.kind === 'weight' ? vector(b.name) : tensor(b.id) }),
      output: tensor(output.id),
      rows: rowsField(output),
      width: integer(widthOf(output)),
      ...extra,
    },
  })
}

/** `add` or `multiply`, element by element or of a vector with each row. */
export const lowerBinary: LowerOp = (context, node) => {
  const [a, b] = node.inputs as [Tensor, Tensor]
  const together = b.kind !== 'weight' && b.shape.length === a.shape.length
  pushElementwise(context, node, together ? node.op.name : `broadcast:${node.op.name}`)
}

export const lowerScale: LowerOp = (context, node) =>
  pushElementwise(context, node, 'scale', { factor: float(node.attributes.factor as number) })

export const lowerSoftcap: LowerOp = (context, node) =>
  pushElementwise(context, node, 'softcap', { factor: float(node.attributes.cap as number) })

export const lowerClamp: LowerOp = (context, node) =>
  pushElementwise(context, node, 'clamp', { factor: float(node.attributes.limit as number) })

export const lowerScaleRows: LowerOp = (context, node) => pushElementwise(context, node, 'scale-rows')

/** `activation` and `glu`: the kernel of their kind. */
export const lowerKind: LowerOp = (context, node) =>
  pushElementwise(context, node, `${node.op.name}:${String(node.attributes.kind)}`)

export const lowerNorm: LowerOp = ({ push }, { op, inputs, output, attributes }) => {
  const [x, weight, bias] = inputs as [Tensor, Tensor, Tensor | undefined]
  const group = widthOf(weight)
  push({
    ...stepFor(output),
    kernel: op.name,
    inputs: [x.id],
    fields: {
      input: tensor(x.id),
      weight: vector(weight.name),
      ...(bias === undefined ? {} : { bias: vector(bias.name) }),
      output: tensor(output.id),
      rows: rowsField(output),
      groupsPerRow: integer(widthOf(output) / group),
      group: integer(group),
      epsilon: float(attributes.epsilon as number),
    },
  })
}

export const lowerSoftmax: LowerOp = ({ push }, { inputs: [x], output }) =>
  push({
    ...stepFor(output),
    kernel: 'softmax',
    inputs: [x.id],
    fields: {
      input: tensor(x.id),
      output: tensor(output.id),
      rows: rowsField(output),
      width: integer(widthOf(output)),
    },
  })

/** Cosines and sines are the host's work, once for all rotations with the same settings. */
export const lowerRope: LowerOp = ({ push, pushHost, newTensor, shared }, { inputs, output, attributes }) => {
  const [x, , frequencies] = inputs as [Tensor, Tensor, Tensor]
  const { headDim, style, scale } = attributes as unknown as RopeAttributes
  const pairs = widthOf(frequencies)
  const factors = shared(`rope:${frequencies.name}:${style}:${scale}`, () => {
    const made = newTensor()
    pushHost({ kind: 'rope-factors', weight: frequencies.name, style, scale, pairs, output: made }, pairs * 2 * 2 * 4)
    return made
  })
  push({
    ...stepFor(output),
    kernel: `rope:${style}`,
    inputs: [x.id, factors],
    fields: {
      input: tensor(x.id),
      output: tensor(output.id),
      factors: tensor(factors),
      rows: rowsField(output),
      heads: integer(widthOf(output) / headDim),
      headDim: integer(headDim),
      rotaryDims: integer(pairs * 2),
    },
  })
}

/** `slice` copies columns of all rows, `rows` whole rows that the caller asks for. */
export const lowerCopy: LowerOp = ({ push }, { op, inputs, output, attributes }) => {
  const [x] = inputs as [Tensor]
  push({
    ...stepFor(output),
    kernel: op.name,
    inputs: [x.id],
    fields: {
      input: tensor(x.id),
      output: tensor(output.id),
      rows: rowsField(output),
      inputWidth: integer(widthOf(x)),
      start: integer(op.name === 'slice' ? (attributes.start as number) : 0),
      width: integer(widthOf(output)),
      ...(op.name === 'rows' ? { indices: input('rows') } : {}),
    },
  })
}

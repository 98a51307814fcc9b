/**
 * The real-gated linear recurrent unit of Griffin (De et al. 2024, section 2.4): gates i, r = sigmoid(block-diagonal(x));
 * log a = -8 r softplus(lambda); h = a h + sqrt(1 - a^2) i x. A document starts at position 0, where h = i x.
 */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition, Operand } from '../op.ts'
import { scalarFunctions } from '../scalar-functions.ts'
import { describeTensors, expectInteger, expectType, lastDim, refuse, sameShape, takeInputs } from '../shape.ts'

export interface RgLruAttributes {
  /** Index that `Graph.state` gave. */
  readonly state: number
}

export interface RgLruInputs {
  readonly x: Tensor // [T, R]
  readonly lambda: Tensor // [R]
  readonly inputGate: Tensor // [blocks, w, w]; R = blocks * w
  readonly inputGateBias: Tensor // [blocks, w]
  readonly recurrentGate: Tensor // [blocks, w, w]
  readonly recurrentGateBias: Tensor // [blocks, w]
}

/** Equation 4 of the paper. */
const gateExponent = 8

export const rgLruOp: OpDefinition<RgLruAttributes> = {
  name: 'rg-lru',
  infer(inputs, { state }) {
    const [x, lambda, inputGate, inputBias, recurrentGate, recurrentBias, positions, sequences] = takeInputs(
      'rg-lru',
      inputs,
      8,
    )
    expectInteger('rg-lru', 'state', state, 0)
    expectType('rg-lru', sequences, 'i32')
    const R = lastDim('rg-lru', x)
    const w = lastDim('rg-lru', inputGate)
    expectType('rg-lru', positions, 'i32')
    const fits =
      sameShape(x.shape, [positions.shape[0], R]) &&
      sameShape(sequences.shape, positions.shape) &&
      sameShape(lambda.shape, [R]) &&
      [inputGate, recurrentGate].every(({ shape }) => sameShape(shape, [R / w, w, w])) &&
      [inputBias, recurrentBias].every(({ shape }) => sameShape(shape, [R / w, w]))
    if (!fits) {
      const expected = 'x [T, R]; lambda [R]; gates [R / w, w, w]; biases [R / w, w]; positions, sequences [T]'
      refuse('rg-lru', expected, describeTensors(inputs))
    }
    return { shape: x.shape, type: 'f32' }
  },
  reference({ attributes: { state }, inputs, output, states }) {
    const [x, lambda, inputGate, inputBias, recurrentGate, recurrentBias, positions, sequences] = inputs
    const [T, R] = x.shape
    for (let t = 0; t < T; t++) {
      const h = states[state](sequences.data[t])
      const row = x.data.subarray(t * R, (t + 1) * R)
      for (let j = 0; j < R; j++) {
        const gatedInput = gateOf(row, inputGate, inputBias, j) * row[j]
        const logA =
          -gateExponent * gateOf(row, recurrentGate, recurrentBias, j) * scalarFunctions.softplus(lambda.data[j])
        const starts = positions.data[t] === 0
        // 1 - a^2 by expm1: a is so near 1 that the difference would cancel.
        h[j] = starts ? gatedInput : Math.exp(logA) * h[j] + Math.sqrt(-Math.expm1(2 * logA)) * gatedInput
        output.data[t * R + j] = h[j]
      }
    }
  },
}

function gateOf(row: Operand['data'], { data, shape }: Operand, bias: Operand, j: number): number {
  const w = shape[2]
  const block = Math.floor(j / w)
  let sum = bias.data[j]
  for (let i = 0; i < w; i++) sum += row[block * w + i] * data[(block * w + i) * w + (j % w)]
  return scalarFunctions.sigmoid(sum)
}

/** Gives [T, R]. Declares its state [R]. */
export function rgLru(g: Graph, inputs: RgLruInputs, label = 'rg_lru'): Tensor {
  const { x, lambda, inputGate, inputGateBias, recurrentGate, recurrentGateBias } = inputs
  const gates = [inputGate, inputGateBias, recurrentGate, recurrentGateBias]
  const state = g.state(label, lambda.shape as readonly number[])
  return g.apply(rgLruOp, [x, lambda, ...gates, g.input('positions'), g.input('sequences')], { state }, label)
}

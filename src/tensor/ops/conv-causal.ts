/**
 * Depthwise causal convolution: out[t, c] = bias[c] + sum_j weight[c, j] * x[t - K + 1 + j, c]. Its state [K - 1, C] are the last inputs,
 * oldest first; before a document there are zeros.
 */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import {
  describeTensor,
  expectInteger,
  expectType,
  expectVector,
  lastDim,
  refuse,
  sameShape,
  takeInputs,
} from '../shape.ts'

export interface ConvCausalAttributes {
  /** Index that `Graph.state` gave. */
  readonly state: number
}

export const convCausalOp: OpDefinition<ConvCausalAttributes> = {
  name: 'conv-causal',
  infer(inputs, { state }) {
    const [x, weight, bias, positions, sequences] = takeInputs('conv-causal', inputs, 5)
    const channels = lastDim('conv-causal', x)
    const kernel = lastDim('conv-causal', weight)
    expectInteger('conv-causal', 'state', state, 0)
    expectType('conv-causal', positions, 'i32')
    expectType('conv-causal', sequences, 'i32')
    if (!sameShape(weight.shape, [channels, kernel])) refuse('conv-causal', `[${channels}, K]`, describeTensor(weight))
    expectVector('conv-causal', bias, channels)
    return { shape: x.shape, type: 'f32' }
  },
  reference({ attributes, inputs: [x, weight, bias, positions, sequences], output, states }) {
    const [T, channels] = x.shape
    const kernel = weight.shape[1]
    for (let t = 0; t < T; t++) {
      const held = states[attributes.state](sequences.data[t])
      if (positions.data[t] === 0) held.fill(0)
      const row = x.data.subarray(t * channels, (t + 1) * channels)
      for (let c = 0; c < channels; c++) {
        let sum = bias.data[c] + weight.data[c * kernel + kernel - 1] * row[c]
        for (let j = 0; j < kernel - 1; j++) sum += weight.data[c * kernel + j] * held[j * channels + c]
        output.data[t * channels + c] = sum
      }
      held.copyWithin(0, channels)
      held.set(row, (kernel - 2) * channels)
    }
  },
}

/** x [T, C], weight [C, K] with K of at least 2, bias [C]; gives [T, C]. Declares its state. */
export function convCausal(g: Graph, x: Tensor, weight: Tensor, bias: Tensor, label = 'conv'): Tensor {
  const [channels, kernel] = weight.shape as readonly number[]
  if (!(kernel >= 2)) refuse('conv-causal', 'a weight [C, K] with K of at least 2', describeTensor(weight))
  const state = g.state(label, [kernel - 1, channels])
  return g.apply(convCausalOp, [x, weight, bias, g.input('positions'), g.input('sequences')], { state }, label)
}

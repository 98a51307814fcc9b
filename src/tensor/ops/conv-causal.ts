/** Depthwise causal convolution: out[t, c] = bias[c] + sum_j weight[c, j] * x[t - K + 1 + j, c], over what came before the run too. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensor, expectVector, lastDim, refuse, sameShape, takeInputs } from '../shape.ts'

export type ConvCausalAttributes = Readonly<Record<string, never>>

export const convCausalOp: OpDefinition<ConvCausalAttributes> = {
  name: 'conv-causal',
  infer(inputs) {
    const [x, weight, bias, state] = takeInputs('conv-causal', inputs, 3, 4)
    const channels = lastDim('conv-causal', x)
    const kernel = lastDim('conv-causal', weight)
    if (!sameShape(weight.shape, [channels, kernel])) refuse('conv-causal', `[${channels}, K]`, describeTensor(weight))
    expectVector('conv-causal', bias, channels)
    if (state !== undefined && !sameShape(state.shape, [kernel - 1, channels])) {
      refuse('conv-causal', `a state [${kernel - 1}, ${channels}]`, describeTensor(state))
    }
    return { shape: x.shape, type: 'f32' }
  },
  reference({ inputs: [x, weight, bias, state], output }) {
    const [T, channels] = x.shape
    const kernel = weight.shape[1]
    const valueAt = (t: number, c: number): number => {
      if (t >= 0) return x.data[t * channels + c]
      return state === undefined ? 0 : state.data[(t + kernel - 1) * channels + c]
    }
    for (let t = 0; t < T; t++) {
      for (let c = 0; c < channels; c++) {
        let sum = bias.data[c]
        for (let j = 0; j < kernel; j++) sum += weight.data[c * kernel + j] * valueAt(t - kernel + 1 + j, c)
        output.data[t * channels + c] = sum
      }
    }
  },
}

/** x [T, C], weight [C, K], bias [C]; state [K - 1, C]: the inputs before the run, oldest first, default zeros. Gives [T, C]. */
export function convCausal(
  g: Graph,
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  state: Tensor | undefined,
  label?: string,
): Tensor {
  return g.apply(convCausalOp, state === undefined ? [x, weight, bias] : [x, weight, bias, state], {}, label)
}

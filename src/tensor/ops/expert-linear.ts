/** A linear layer for each choice of each token, with the weights of the expert that was chosen; only chosen experts are computed. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensors, lastDim, refuse, sameShape, takeInputs } from '../shape.ts'
import { choicesPerToken } from './route.ts'

export type ExpertLinearAttributes = Readonly<Record<string, never>>

export const expertLinearOp: OpDefinition<ExpertLinearAttributes> = {
  name: 'expert-linear',
  infer(inputs) {
    const [x, choices, weight, bias] = takeInputs('expert-linear', inputs, 3, 4)
    const k = choicesPerToken('expert-linear', choices)
    const width = lastDim('expert-linear', x)
    const [E, N, K] = weight.shape
    const fits =
      x.shape.length === 2 &&
      x.shape[0] === choices.shape[0] &&
      weight.shape.length === 3 &&
      typeof N === 'number' &&
      typeof K === 'number' &&
      (width === K || width === k * K) &&
      (bias === undefined || sameShape(bias.shape, [E, N]))
    if (!fits) {
      const expected = 'x [T, K] or [T, k * K]; choices [T, 2 k]; weight [E, N, K]; bias [E, N]'
      return refuse('expert-linear', expected, describeTensors(inputs))
    }
    return { shape: [x.shape[0], k * N], type: 'f32' }
  },
  reference({ inputs: [x, choices, weight, bias], output }) {
    const [, N, K] = weight.shape
    const [T, k] = [choices.shape[0], choices.shape[1] / 2]
    const width = x.shape[1]
    for (let t = 0; t < T; t++) {
      for (let rank = 0; rank < k; rank++) {
        const expert = choices.data[t * 2 * k + rank]
        if (expert < 0) continue
        const from = t * width + (width === K ? 0 : rank * K)
        for (let n = 0; n < N; n++) {
          let sum = 0
          for (let i = 0; i < K; i++) sum += x.data[from + i] * weight.data[(expert * N + n) * K + i]
          output.data[(t * k + rank) * N + n] = sum + (bias?.data[expert * N + n] ?? 0)
        }
      }
    }
  },
}

/**
 * x [T, K], or [T, k * K] where each choice has an input of its own; choices [T, 2 k] of a router; weight [E, N, K]; bias [E, N].
 * Gives [T, k * N]: for each token the outputs of its choices side by side, zeros where the choice is none.
 */
export function expertLinear(
  g: Graph,
  x: Tensor,
  choices: Tensor,
  { weight, bias }: { readonly weight: Tensor; readonly bias?: Tensor | undefined },
  label?: string,
): Tensor {
  return g.apply(expertLinearOp, [x, choices, weight, ...(bias === undefined ? [] : [bias])], {}, label)
}

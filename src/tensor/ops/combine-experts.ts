/** The weighted sum of what a token's experts gave. A token without any gets zeros, and so passes by the residual alone. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensors, lastDim, refuse, takeInputs } from '../shape.ts'
import { choicesPerToken } from './route.ts'

export type CombineExpertsAttributes = Readonly<Record<string, never>>

export const combineExpertsOp: OpDefinition<CombineExpertsAttributes> = {
  name: 'combine-experts',
  infer(inputs) {
    const [y, choices] = takeInputs('combine-experts', inputs, 2)
    const k = choicesPerToken('combine-experts', choices)
    const width = lastDim('combine-experts', y)
    if (y.shape.length !== 2 || y.shape[0] !== choices.shape[0] || width % k !== 0)
      refuse('combine-experts', 'y [T, k * D] and choices [T, 2 k]', describeTensors(inputs))
    return { shape: [y.shape[0], width / k], type: 'f32' }
  },
  reference({ inputs: [y, choices], output }) {
    const [T, D] = output.shape
    const k = choices.shape[1] / 2
    for (let t = 0; t < T; t++) {
      for (let d = 0; d < D; d++) {
        let sum = 0
        for (let rank = 0; rank < k; rank++) {
          const [expert, weight] = [choices.data[t * 2 * k + rank], choices.data[t * 2 * k + k + rank]]
          if (expert >= 0) sum += weight * y.data[(t * k + rank) * D + d]
        }
        output.data[t * D + d] = sum
      }
    }
  },
}

/** y [T, k * D] from `expertLinear`, choices [T, 2 k] -> [T, D]. */
export function combineExperts(g: Graph, y: Tensor, choices: Tensor, label?: string): Tensor {
  return g.apply(combineExpertsOp, [y, choices], {}, label)
}

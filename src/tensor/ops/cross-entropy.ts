/** Mean over rows of logsumexp(logits) - logits[target]; rows whose target is `ignore` do not count. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensors, expectType, lastDim, refuse, takeInputs } from '../shape.ts'
import { logsumexpOf } from './logsumexp.ts'

export interface CrossEntropyAttributes {
  /** Target of rows that do not count. */
  readonly ignore: number
}

export const crossEntropyOp: OpDefinition<CrossEntropyAttributes> = {
  name: 'cross-entropy',
  infer(inputs) {
    const [logits, targets] = takeInputs('cross-entropy', inputs, 2)
    lastDim('cross-entropy', logits)
    expectType('cross-entropy', targets, 'i32')
    if (logits.shape.length !== 2 || targets.shape.length !== 1 || logits.shape[0] !== targets.shape[0]) {
      refuse('cross-entropy', 'logits [T, V] and targets [T]', describeTensors(inputs))
    }
    return { shape: [1], type: 'f32' }
  },
  reference({ attributes: { ignore }, inputs: [logits, targets], output }) {
    const V = logits.shape[1]
    let sum = 0
    let count = 0
    targets.data.forEach((target, row) => {
      if (target === ignore) return
      if (target < 0 || target >= V)
        refuse('cross-entropy', `targets from 0 to ${V - 1} or ${ignore}`, `${target} at ${row}`)
      sum += logsumexpOf(logits.data.subarray(row * V, (row + 1) * V)) - logits.data[row * V + target]
      count++
    })
    output.data[0] = sum / count
  },
}

/** logits [T, V], targets i32 [T]; gives [1]. `ignore` as in torch is -100. */
export function crossEntropy(g: Graph, logits: Tensor, targets: Tensor, ignore = -100, label?: string): Tensor {
  return g.apply(crossEntropyOp, [logits, targets], { ignore }, label)
}

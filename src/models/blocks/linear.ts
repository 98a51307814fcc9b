/** A linear layer whose bias is there when the file has one. */
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { add, matmul } from '../../tensor/ops/index.ts'
import type { Weights } from '../weights.ts'

export interface Linear {
  /** [N, K] */
  readonly weight: Tensor
  /** [N] */
  readonly bias: Tensor | undefined
}

/** Reads `name.weight` [N, K] and `name.bias` [N]. */
export function readLinear(weights: Weights, name: string, N: number, K: number): Linear {
  return { weight: weights.tensor(`${name}.weight`, [N, K]), bias: weights.optional(`${name}.bias`, [N]) }
}

/** x [*, K] -> [*, N] */
export function linear(g: Graph, x: Tensor, { weight, bias }: Linear, label: string): Tensor {
  const y = matmul(g, x, weight, label)
  return bias === undefined ? y : add(g, y, bias, `${label}_bias`)
}

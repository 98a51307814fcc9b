/** The gated feed-forward block: down(kind(gate(x)) * up(x)). */
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { glu } from '../../tensor/ops/index.ts'
import type { GluKind } from '../../tensor/ops/index.ts'
import type { DecoderConfig } from '../architecture.ts'
import type { Weights } from '../weights.ts'
import { linear, readLinear } from './linear.ts'
import type { Linear } from './linear.ts'

export interface FeedForwardWeights {
  readonly ffnGate: Linear // [F, D]
  readonly ffnUp: Linear // [F, D]
  readonly ffnDown: Linear // [D, F]
}

export function readFeedForward(
  weights: Weights,
  { width, feedForward }: Pick<DecoderConfig, 'width' | 'feedForward'>,
): FeedForwardWeights {
  return {
    ffnGate: readLinear(weights, 'ffn_gate', feedForward, width),
    ffnUp: readLinear(weights, 'ffn_up', feedForward, width),
    ffnDown: readLinear(weights, 'ffn_down', width, feedForward),
  }
}

/** x [T, D] -> [T, D] */
export function gatedFeedForward(g: Graph, x: Tensor, w: FeedForwardWeights, kind: GluKind): Tensor {
  const gate = linear(g, x, w.ffnGate, 'ffn_gate') // [T, F]
  const up = linear(g, x, w.ffnUp, 'ffn_up') // [T, F]
  return linear(g, glu(g, gate, up, kind, 'ffn_glu'), w.ffnDown, 'ffn_down')
}

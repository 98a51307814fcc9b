/** The gated feed-forward block: down(kind(gate(x)) * up(x)). */
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { glu, slice } from '../../tensor/ops/index.ts'
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

/** The same with gate and up in one tensor, `ffn_up` [2 F, D]: x [T, D] -> [T, D] */
export function fusedFeedForward(
  g: Graph,
  x: Tensor,
  w: Weights,
  { width, feedForward }: Pick<DecoderConfig, 'width' | 'feedForward'>,
  kind: GluKind,
): Tensor {
  const both = linear(g, x, readLinear(w, 'ffn_up', 2 * feedForward, width), 'ffn_gate_up') // [T, 2 F], gate first
  const gate = slice(g, both, { start: 0, size: feedForward }, 'ffn_gate')
  const up = slice(g, both, { start: feedForward, size: feedForward }, 'ffn_up')
  return linear(g, glu(g, gate, up, kind, 'ffn_glu'), readLinear(w, 'ffn_down', width, feedForward), 'ffn_down')
}

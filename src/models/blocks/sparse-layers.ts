/**
 * Feed-forward blocks of Qwen's models with experts: a mixture in some layers and one dense block in the others; beside the mixture, in
 * some models, a shared expert that every token passes, times a gate of the token's own.
 */
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { activation, add, glu, matmul, scaleRows } from '../../tensor/ops/index.ts'
import type { GluKind } from '../../tensor/ops/index.ts'
import type { DecoderConfig, ForwardOptions } from '../architecture.ts'
import { optionalNumbers, readCount } from '../config-fields.ts'
import type { ConfigFields } from '../config-fields.ts'
import type { Weights } from '../weights.ts'
import { gatedFeedForward, readFeedForward } from './feed-forward.ts'
import { linear, readLinear } from './linear.ts'
import type { Linear } from './linear.ts'
import { mixture, mixtureFromGguf, mixtureFromHf, readMixture } from './mixture.ts'
import type { MixtureConfig } from './mixture.ts'

export interface SparseLayers {
  readonly mixture: MixtureConfig
  /** S: inner width of the shared expert; undefined without one. */
  readonly sharedWidth: number | undefined
  /** By layer: whether it has experts, or one dense block. */
  readonly sparse: readonly boolean[]
}

/** @param renormalise what the architecture does, since most files do not say */
export function sparseLayersFromGguf(
  fields: ConfigFields,
  layers: number,
  { renormalise, sharedWidth }: { readonly renormalise: boolean; readonly sharedWidth?: number },
): SparseLayers {
  const sparse = Array.from({ length: layers }, () => true)
  return { mixture: mixtureFromGguf(fields, renormalise), sharedWidth, sparse }
}

/** Every `decoder_sparse_step`-th layer has experts, unless `mlp_only_layers` names it. */
export function sparseLayersFromHf(
  config: ConfigFields,
  layers: number,
  { renormalise, shared }: { readonly renormalise: boolean; readonly shared: boolean },
): SparseLayers {
  const period = readCount(config, 'decoder_sparse_step', 1)
  const dense = optionalNumbers(config, 'mlp_only_layers') ?? []
  return {
    mixture: mixtureFromHf(config, 'moe_intermediate_size', renormalise),
    sharedWidth: shared ? readCount(config, 'shared_expert_intermediate_size') : undefined,
    sparse: Array.from({ length: layers }, (_, layer) => (layer + 1) % period === 0 && !dense.includes(layer)),
  }
}

/** Qwen's names of the expert of all tokens. */
export const hfSharedExpertTensors = [
  ['model.layers.#.mlp.shared_expert_gate', 'blk.#.ffn_gate_inp_shexp'],
  ['model.layers.#.mlp.shared_expert.gate_proj', 'blk.#.ffn_gate_shexp'],
  ['model.layers.#.mlp.shared_expert.up_proj', 'blk.#.ffn_up_shexp'],
  ['model.layers.#.mlp.shared_expert.down_proj', 'blk.#.ffn_down_shexp'],
] as const satisfies readonly (readonly [hf: string, gguf: string])[]

/** What block `layer` adds to the stream: x [T, D], normed -> [T, D]. */
export function sparseFeedForward(
  g: Graph,
  x: Tensor,
  w: Weights,
  config: DecoderConfig & { readonly activation: GluKind },
  { mixture: routing, sharedWidth, sparse }: SparseLayers,
  { layer, options }: { readonly layer: number; readonly options: ForwardOptions },
): Tensor {
  const { width, activation: kind } = config
  if (sparse[layer] !== true) return gatedFeedForward(g, x, readFeedForward(w, config), kind)
  const routed = mixture(g, x, readMixture(w, width, routing), routing, { kind, layer, options }) // [T, D]
  if (sharedWidth === undefined) return routed
  return add(g, routed, sharedExpert(g, x, readSharedExpert(w, width, sharedWidth), kind), 'ffn_out')
}

interface SharedExpertWeights {
  readonly ffnGateInpShexp: Tensor // [1, D]
  readonly ffnGateShexp: Linear // [S, D]
  readonly ffnUpShexp: Linear // [S, D]
  readonly ffnDownShexp: Linear // [D, S]
}

function readSharedExpert(weights: Weights, width: number, sharedWidth: number): SharedExpertWeights {
  return {
    ffnGateInpShexp: weights.tensor('ffn_gate_inp_shexp.weight', [1, width]),
    ffnGateShexp: readLinear(weights, 'ffn_gate_shexp', sharedWidth, width),
    ffnUpShexp: readLinear(weights, 'ffn_up_shexp', sharedWidth, width),
    ffnDownShexp: readLinear(weights, 'ffn_down_shexp', width, sharedWidth),
  }
}

/** x [T, D] -> [T, D] */
function sharedExpert(g: Graph, x: Tensor, w: SharedExpertWeights, kind: GluKind): Tensor {
  const gate = linear(g, x, w.ffnGateShexp, 'ffn_gate_shexp') // [T, S]
  const up = linear(g, x, w.ffnUpShexp, 'ffn_up_shexp') // [T, S]
  const down = linear(g, glu(g, gate, up, kind, 'ffn_glu_shexp'), w.ffnDownShexp, 'ffn_down_shexp') // [T, D]
  const open = activation(g, matmul(g, x, w.ffnGateInpShexp, 'shared_gate_logit'), 'sigmoid', 'shared_gate') // [T, 1]
  return scaleRows(g, down, open, 'ffn_shared')
}

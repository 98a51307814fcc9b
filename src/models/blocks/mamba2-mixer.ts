/** The mixer of Mamba-2 (Dao and Gu 2024, figure 6): one projection, a convolution over x, B and C, and the state-space dual. */
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { activation, convCausal, glu, multiply, rmsNorm, slice, ssd } from '../../tensor/ops/index.ts'
import type { Weights } from '../weights.ts'
import { linear, readLinear } from './linear.ts'

export interface Mamba2Sizes {
  /** D: the residual stream. */
  readonly width: number
  /** C: all heads together. */
  readonly inner: number
  /** H: heads, each with a step size and a decay of its own; divides `inner`. */
  readonly stateHeads: number
  /** G: heads of one group share B and C; divides `stateHeads`. */
  readonly groups: number
  /** N: values that each channel keeps. */
  readonly stateSize: number
  /** K: taps of the convolution. */
  readonly convKernel: number
  /** Bounds of the step sizes, after softplus. */
  readonly stepBounds: readonly [least: number, most: number]
  /** Whether the norm comes before the gate; in Mamba-2 it comes after. */
  readonly normFirst: boolean
}

/** Width of the projection: z, x, B, C and dt, in this order. */
export const projectionWidth = ({ inner, stateHeads, groups, stateSize }: Mamba2Sizes): number =>
  2 * inner + 2 * groups * stateSize + stateHeads

/** Where the vector of ones is that `groupedNorm` needs. */
export const onesName = 'ssm_norm.ones'

/** Undefined where one group holds all heads. */
export const readOnes = (weights: Weights, { inner, groups }: Mamba2Sizes): Tensor | undefined =>
  groups === 1 ? undefined : weights.tensor(onesName, [inner / groups])

/** x [T, D] -> [T, D]. `multipliers` [projection] are for the models that scale its parts. */
export function mamba2Mixer(
  g: Graph,
  x: Tensor,
  w: Weights,
  sizes: Mamba2Sizes,
  { normEpsilon, multipliers, ones }: Mamba2Extras,
): Tensor {
  const { width, inner, stateHeads, groups, stateSize, convKernel, stepBounds, normFirst } = sizes
  const shared = groups * stateSize
  const mixed = inner + 2 * shared
  const plain = linear(g, x, readLinear(w, 'ssm_in', projectionWidth(sizes), width), 'ssm_in') // [T, 2 C + 2 G N + H]
  const projected = multipliers === undefined ? plain : multiply(g, plain, multipliers, 'ssm_in_scaled')
  const z = slice(g, projected, { start: 0, size: inner }, 'ssm_z') // [T, C]
  const input = slice(g, projected, { start: inner, size: mixed }, 'ssm_xbc') // [T, C + 2 G N]
  const dt = slice(g, projected, { start: inner + mixed, size: stateHeads }, 'ssm_dt') // [T, H]
  const convWeight = w.tensor('ssm_conv1d.weight', [mixed, convKernel])
  const conv = convCausal(g, input, convWeight, w.tensor('ssm_conv1d.bias', [mixed]))
  const xBC = activation(g, conv, 'silu', 'conv_silu') // [T, C + 2 G N]

  const heads = [stateHeads]
  const inputs = {
    x: slice(g, xBC, { start: 0, size: inner }, 'ssm_x'), // [T, C]
    dt,
    A: w.tensor('ssm_a', heads),
    B: slice(g, xBC, { start: inner, size: shared }, 'ssm_b'), // [T, G N]
    C: slice(g, xBC, { start: inner + shared, size: shared }, 'ssm_c'), // [T, G N]
    D: w.tensor('ssm_d', heads),
    dtBias: w.tensor('ssm_dt.bias', heads),
  }
  const y = ssd(g, inputs, { groups, stepBounds }, 'scan') // [T, C]
  const normWeight = w.optional('ssm_norm.weight', [inner])
  const norm = (values: Tensor): Tensor =>
    normWeight === undefined ? values : groupedNorm(g, values, normWeight, ones, normEpsilon)
  const gate = (values: Tensor): Tensor => glu(g, z, values, 'silu', 'ssm_gated')
  const gated = normFirst ? gate(norm(y)) : norm(gate(y)) // [T, C]
  return linear(g, gated, readLinear(w, 'ssm_out', width, inner), 'ssm_out')
}

export interface Mamba2Extras {
  readonly normEpsilon: number
  /** [projection]; undefined: all 1. */
  readonly multipliers: Tensor | undefined
  /** [C / G] ones where there are several groups. */
  readonly ones: Tensor | undefined
}

/** Each group of x [T, C] is normalised by itself and has weights of its own: the norm op repeats one weight, so that is all ones. */
function groupedNorm(g: Graph, x: Tensor, weight: Tensor, ones: Tensor | undefined, epsilon: number): Tensor {
  if (ones === undefined) return rmsNorm(g, x, weight, epsilon, 'ssm_norm')
  return multiply(g, rmsNorm(g, x, ones, epsilon, 'ssm_norm_groups'), weight, 'ssm_norm')
}

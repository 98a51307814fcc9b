/** The mixer of Mamba (Gu and Dao 2023, figure 3): a convolution and a selective scan between two projections. */
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { activation, convCausal, rmsNorm, selectiveScan, slice } from '../../tensor/ops/index.ts'
import type { Weights } from '../weights.ts'
import { linear, readLinear } from './linear.ts'

export interface MambaSizes {
  /** D: the residual stream. */
  readonly width: number
  /** C: channels of the scan. */
  readonly inner: number
  /** N: values that each channel keeps. */
  readonly stateSize: number
  /** K: taps of the convolution. */
  readonly convKernel: number
  /** R: width of the bottleneck that the step sizes come from. */
  readonly timeStepRank: number
}

/** x [T, D] -> [T, D]. Jamba normalises what the scan's parameters are made of; the file has these norms or not. */
export function mambaMixer(g: Graph, x: Tensor, w: Weights, sizes: MambaSizes, normEpsilon: number): Tensor {
  const { width, inner, stateSize, convKernel, timeStepRank } = sizes
  const normed = (part: Tensor, name: string, size: number): Tensor => {
    const weight = w.optional(`${name}.weight`, [size])
    return weight === undefined ? part : rmsNorm(g, part, weight, normEpsilon, name)
  }
  const projected = linear(g, x, readLinear(w, 'ssm_in', 2 * inner, width), 'ssm_in') // [T, 2 C]
  const input = slice(g, projected, { start: 0, size: inner }, 'ssm_x_in') // [T, C]
  const z = slice(g, projected, { start: inner, size: inner }, 'ssm_z') // [T, C]
  const convWeight = w.tensor('ssm_conv1d.weight', [inner, convKernel])
  const conv = convCausal(g, input, convWeight, w.tensor('ssm_conv1d.bias', [inner])) // [T, C]
  const u = activation(g, conv, 'silu', 'conv_silu') // [T, C]

  const parameters = linear(g, u, readLinear(w, 'ssm_x', timeStepRank + 2 * stateSize, inner), 'ssm_x') // [T, R + 2 N]
  const dt = slice(g, parameters, { start: 0, size: timeStepRank }, 'ssm_dt_low') // [T, R]
  const B = slice(g, parameters, { start: timeStepRank, size: stateSize }, 'ssm_b') // [T, N]
  const C = slice(g, parameters, { start: timeStepRank + stateSize, size: stateSize }, 'ssm_c') // [T, N]
  const stepWeight = w.tensor('ssm_dt.weight', [inner, timeStepRank])
  const scanned = selectiveScan(g, {
    u,
    delta: linear(g, normed(dt, 'ssm_dt_norm', timeStepRank), { weight: stepWeight, bias: undefined }, 'ssm_dt'), // [T, C]
    A: w.tensor('ssm_a', [inner, stateSize]),
    B: normed(B, 'ssm_b_norm', stateSize),
    C: normed(C, 'ssm_c_norm', stateSize),
    D: w.tensor('ssm_d', [inner]),
    z,
    deltaBias: w.tensor('ssm_dt.bias', [inner]),
  }) // [T, C]
  return linear(g, scanned, readLinear(w, 'ssm_out', width, inner), 'ssm_out')
}

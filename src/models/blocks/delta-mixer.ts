/**
 * The gated delta net (Yang et al. 2024, arXiv:2412.06464, section 3.4) as Qwen has it: a convolution over queries, keys and values, the
 * gated delta rule on keys of length 1, a norm of each head, a gate.
 */
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { activation, convCausal, gatedDelta, glu, rmsNorm, slice } from '../../tensor/ops/index.ts'
import type { KeySharing } from '../../tensor/ops/index.ts'
import type { WeightSource } from '../../tensor/device.ts'
import { constantSource, mappedSource, reshapedSource } from '../../tensor/weight-source.ts'
import type { WeightFormat } from '../architecture.ts'
import { readCount, refuseField } from '../config-fields.ts'
import type { ConfigFields } from '../config-fields.ts'
import type { Weights } from '../weights.ts'
import { linear, readLinear } from './linear.ts'

export interface DeltaSizes {
  /** Hk: heads of queries and keys; divides `valueHeads`. */
  readonly keyHeads: number
  /** N: values of one query or key. */
  readonly keySize: number
  /** Hv: heads of values, each with a state [N, P]. */
  readonly valueHeads: number
  /** P: values of one head. */
  readonly valueSize: number
  /** K: taps of the convolution. */
  readonly convKernel: number
  /** Which heads of values share one of keys. */
  readonly sharing: KeySharing
}

export function deltaFromHf(config: ConfigFields): DeltaSizes {
  const keyHeads = readCount(config, 'linear_num_key_heads', 16)
  const valueHeads = readCount(config, 'linear_num_value_heads', 32)
  if (valueHeads % keyHeads !== 0)
    refuseField(config, 'linear_num_key_heads', `a divisor of ${valueHeads} value heads`, keyHeads)
  return {
    keyHeads,
    keySize: readCount(config, 'linear_key_head_dim', 128),
    valueHeads,
    valueSize: readCount(config, 'linear_value_head_dim', 128),
    convKernel: readCount(config, 'linear_conv_kernel_dim', 4),
    sharing: 'grouped',
  }
}

/** @param sharing how the converter of the architecture has put the heads of values in order */
export function deltaFromGguf(fields: ConfigFields, sharing: KeySharing): DeltaSizes {
  const keyHeads = readCount(fields, 'ssm.group_count')
  const valueHeads = readCount(fields, 'ssm.time_step_rank')
  const values = readCount(fields, 'ssm.inner_size')
  if (valueHeads % keyHeads !== 0)
    refuseField(fields, 'ssm.group_count', `a divisor of ${valueHeads} value heads`, keyHeads)
  if (values % valueHeads !== 0) refuseField(fields, 'ssm.inner_size', `a multiple of ${valueHeads} heads`, values)
  return {
    keyHeads,
    keySize: readCount(fields, 'ssm.state_size'),
    valueHeads,
    valueSize: values / valueHeads,
    convKernel: readCount(fields, 'ssm.conv_kernel'),
    sharing,
  }
}

/** What `deltaMixer` needs besides the tensors of its layer: factors [N] that make a norm to a mean square of 1 one to a length. */
const [queryScaleName, keyScaleName] = ['delta.query_scale', 'delta.key_scale']

/** Queries and keys get the length 1, queries are divided by sqrt(N) besides; `ssm_a` is A itself, which Hugging Face stores as log(-A); the convolution has no bias. */
export function adaptDelta(
  weights: ReadonlyMap<string, WeightSource>,
  { keySize }: DeltaSizes,
  format: WeightFormat,
): Map<string, WeightSource> {
  const adapted = new Map(weights)
  for (const [name, source] of weights) {
    if (name.endsWith('.ssm_a') && format === 'safetensors')
      adapted.set(
        name,
        mappedSource(source, (logarithm) => -Math.exp(logarithm)),
      )
    else if (name.endsWith('.ssm_conv1d.weight')) {
      const [channels = 0, ...taps] = source.shape
      adapted.set(name, reshapedSource(source, [channels, taps.reduce((a, b) => a * b, 1)]))
      const bias = name.replace('.weight', '.bias')
      adapted.set(bias, constantSource(bias, new Float32Array(channels)))
    }
  }
  const scaleOf = (name: string, value: number): WeightSource =>
    constantSource(name, new Float32Array(keySize).fill(value))
  return adapted
    .set(queryScaleName, scaleOf(queryScaleName, 1 / keySize))
    .set(keyScaleName, scaleOf(keyScaleName, keySize ** -0.5))
}

export interface DeltaScales {
  readonly query: Tensor // [N]
  readonly key: Tensor // [N]
}

export const readDeltaScales = (weights: Weights, { keySize }: DeltaSizes): DeltaScales => ({
  query: weights.tensor(queryScaleName, [keySize]),
  key: weights.tensor(keyScaleName, [keySize]),
})

/** Added to the squared length of queries and keys. */
const lengthEpsilon = 1e-6

/** x [T, D] -> [T, D] */
export function deltaMixer(
  g: Graph,
  x: Tensor,
  w: Weights,
  sizes: DeltaSizes,
  {
    scales,
    width,
    normEpsilon,
  }: { readonly scales: DeltaScales; readonly width: number; readonly normEpsilon: number },
): Tensor {
  const { keyHeads, keySize, valueHeads, valueSize, convKernel, sharing } = sizes
  const [keys, values] = [keyHeads * keySize, valueHeads * valueSize]
  const mixed = 2 * keys + values
  const projected = linear(g, x, readLinear(w, 'attn_qkv', mixed, width), 'delta_qkv') // [T, 2 Hk N + Hv P]
  const taps = w.tensor('ssm_conv1d.weight', [mixed, convKernel])
  const conv = convCausal(g, projected, taps, w.tensor('ssm_conv1d.bias', [mixed]), 'conv')
  const qkv = activation(g, conv, 'silu', 'conv_silu') // [T, 2 Hk N + Hv P]
  const q = slice(g, qkv, { start: 0, size: keys }, 'delta_q') // [T, Hk N]
  const k = slice(g, qkv, { start: keys, size: keys }, 'delta_k') // [T, Hk N]
  const inputs = {
    q: rmsNorm(g, q, scales.query, lengthEpsilon / keySize, 'delta_q_unit'),
    k: rmsNorm(g, k, scales.key, lengthEpsilon / keySize, 'delta_k_unit'),
    v: slice(g, qkv, { start: 2 * keys, size: values }, 'delta_v'), // [T, Hv P]
    alpha: linear(g, x, readLinear(w, 'ssm_alpha', valueHeads, width), 'delta_alpha'), // [T, Hv]
    beta: linear(g, x, readLinear(w, 'ssm_beta', valueHeads, width), 'delta_beta'), // [T, Hv]
    A: w.tensor('ssm_a', [valueHeads]),
    alphaBias: w.tensor('ssm_dt.bias', [valueHeads]),
  }
  const read = gatedDelta(g, inputs, { keyHeads, sharing }, 'scan') // [T, Hv P]
  const normed = rmsNorm(g, read, w.tensor('ssm_norm.weight', [valueSize]), normEpsilon, 'ssm_norm')
  const gate = linear(g, x, readLinear(w, 'attn_gate', values, width), 'delta_gate') // [T, Hv P]
  const gated = glu(g, gate, normed, 'silu', 'delta_gated') // [T, Hv P]
  return linear(g, gated, readLinear(w, 'ssm_out', width, values), 'ssm_out')
}

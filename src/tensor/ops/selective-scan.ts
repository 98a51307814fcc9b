/**
 * The selective scan of Mamba (Gu and Dao 2023, algorithm 2): dt = softplus(delta + bias); h = exp(dt A) h + dt u B;
 * out = (h C + D u) * silu(z). One state of N values per channel, in double precision.
 */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { scalarFunctions } from '../scalar-functions.ts'
import { describeTensors, lastDim, refuse, sameShape, takeInputs } from '../shape.ts'

export interface SelectiveScanAttributes {
  /** `values` [T, C], or the `state` [C, N] after the last token. */
  readonly result: 'values' | 'state'
}

export interface SelectiveScanInputs {
  readonly u: Tensor // [T, C]
  readonly delta: Tensor // [T, C]
  readonly A: Tensor // [C, N]
  readonly B: Tensor // [T, N]
  readonly C: Tensor // [T, N]
  readonly D: Tensor // [C]
  readonly z: Tensor // [T, C]
  readonly deltaBias: Tensor // [C]
  readonly state: Tensor // [C, N], before the first token
}

export const selectiveScanOp: OpDefinition<SelectiveScanAttributes> = {
  name: 'selective-scan',
  infer(inputs, { result }) {
    const [u, delta, A, B, C, D, z, deltaBias, state] = takeInputs('selective-scan', inputs, 9)
    const T = u.shape[0]
    const channels = lastDim('selective-scan', u)
    const N = lastDim('selective-scan', A)
    const fits =
      [u, delta, z].every(({ shape }) => sameShape(shape, [T, channels])) &&
      [A, state].every(({ shape }) => sameShape(shape, [channels, N])) &&
      [B, C].every(({ shape }) => sameShape(shape, [T, N])) &&
      [D, deltaBias].every(({ shape }) => sameShape(shape, [channels]))
    if (!fits) {
      const expected = 'u, delta, z [T, C]; A, state [C, N]; B, C [T, N]; D, deltaBias [C]'
      refuse('selective-scan', expected, describeTensors(inputs))
    }
    return { shape: result === 'values' ? u.shape : state.shape, type: 'f32' }
  },
  reference({ attributes: { result }, inputs: [u, delta, A, B, C, D, z, deltaBias, state], output }) {
    const [T, channels] = u.shape
    const N = A.shape[1]
    const h = Float64Array.from(state.data)
    for (let t = 0; t < T; t++) {
      for (let c = 0; c < channels; c++) {
        const at = t * channels + c
        const dt = scalarFunctions.softplus(delta.data[at] + deltaBias.data[c])
        let sum = D.data[c] * u.data[at]
        for (let n = 0; n < N; n++) {
          const i = c * N + n
          h[i] = Math.exp(dt * A.data[i]) * h[i] + dt * u.data[at] * B.data[t * N + n]
          sum += h[i] * C.data[t * N + n]
        }
        if (result === 'values') output.data[at] = sum * scalarFunctions.silu(z.data[at])
      }
    }
    if (result === 'state') output.data.set(h)
  },
}

export function selectiveScan(
  g: Graph,
  { u, delta, A, B, C, D, z, deltaBias, state }: SelectiveScanInputs,
  result: SelectiveScanAttributes['result'],
  label?: string,
): Tensor {
  return g.apply(selectiveScanOp, [u, delta, A, B, C, D, z, deltaBias, state], { result }, label)
}

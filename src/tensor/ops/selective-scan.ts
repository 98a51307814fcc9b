/**
 * The selective scan of Mamba (Gu and Dao 2023, algorithm 2): dt = softplus(delta + bias); h = exp(dt A) h + dt u B;
 * out = (h C + D u) * silu(z). Its state [C, N] holds N values for each channel.
 */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { scalarFunctions } from '../scalar-functions.ts'
import { describeTensors, expectInteger, lastDim, refuse, sameShape, takeInputs } from '../shape.ts'

export interface SelectiveScanAttributes {
  /** Index that `Graph.state` gave. */
  readonly state: number
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
}

export const selectiveScanOp: OpDefinition<SelectiveScanAttributes> = {
  name: 'selective-scan',
  infer(inputs, { state }) {
    const [u, delta, A, B, C, D, z, deltaBias, positions, sequences] = takeInputs('selective-scan', inputs, 10)
    const T = u.shape[0]
    const channels = lastDim('selective-scan', u)
    const N = lastDim('selective-scan', A)
    expectInteger('selective-scan', 'state', state, 0)
    const fits =
      [u, delta, z].every(({ shape }) => sameShape(shape, [T, channels])) &&
      sameShape(A.shape, [channels, N]) &&
      [B, C].every(({ shape }) => sameShape(shape, [T, N])) &&
      [D, deltaBias].every(({ shape }) => sameShape(shape, [channels])) &&
      [positions, sequences].every(({ shape }) => sameShape(shape, [T]))
    if (!fits) {
      const expected = 'u, delta, z [T, C]; A [C, N]; B, C [T, N]; D, deltaBias [C]; positions, sequences [T]'
      refuse('selective-scan', expected, describeTensors(inputs))
    }
    return { shape: u.shape, type: 'f32' }
  },
  reference({ attributes, inputs, output, states }) {
    const [u, delta, A, B, C, D, z, deltaBias, positions, sequences] = inputs
    const [T, channels] = u.shape
    const N = A.shape[1]
    for (let t = 0; t < T; t++) {
      const h = states[attributes.state](sequences.data[t])
      if (positions.data[t] === 0) h.fill(0)
      for (let c = 0; c < channels; c++) {
        const at = t * channels + c
        const dt = scalarFunctions.softplus(delta.data[at] + deltaBias.data[c])
        let sum = D.data[c] * u.data[at]
        for (let n = 0; n < N; n++) {
          const i = c * N + n
          h[i] = Math.exp(dt * A.data[i]) * h[i] + dt * u.data[at] * B.data[t * N + n]
          sum += h[i] * C.data[t * N + n]
        }
        output.data[at] = sum * scalarFunctions.silu(z.data[at])
      }
    }
  },
}

/** Gives [T, C]. Declares its state. */
export function selectiveScan(
  g: Graph,
  { u, delta, A, B, C, D, z, deltaBias }: SelectiveScanInputs,
  label = 'scan',
): Tensor {
  const state = g.state(label, A.shape as readonly number[])
  const inputs = [u, delta, A, B, C, D, z, deltaBias, g.input('positions'), g.input('sequences')]
  return g.apply(selectiveScanOp, inputs, { state }, label)
}

/**
 * The state-space dual of Mamba-2 (Dao and Gu 2024), as a plain recurrence: dt = softplus(dt + bias); h = exp(dt A) h + dt x B;
 * out = h C + D x. Heads of P values each have a state [P, N]; head h reads group floor(h * G / H) of B and C.
 */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { scalarFunctions } from '../scalar-functions.ts'
import { describeTensors, lastDim, refuse, sameShape, takeInputs } from '../shape.ts'

export interface SsdAttributes {
  readonly groups: number
  /** `values` [T, H * P], or the `state` [H, P, N] after the last token. */
  readonly result: 'values' | 'state'
}

export interface SsdInputs {
  readonly x: Tensor // [T, H * P]
  readonly dt: Tensor // [T, H]
  readonly A: Tensor // [H]
  readonly B: Tensor // [T, G * N]
  readonly C: Tensor // [T, G * N]
  readonly D: Tensor // [H]
  readonly dtBias: Tensor // [H]
  readonly state: Tensor // [H, P, N], before the first token
}

export const ssdOp: OpDefinition<SsdAttributes> = {
  name: 'ssd',
  infer(inputs, { groups, result }) {
    const [x, dt, A, B, C, D, dtBias, state] = takeInputs('ssd', inputs, 8)
    const T = x.shape[0]
    const heads = lastDim('ssd', dt)
    const N = lastDim('ssd', state)
    const P = lastDim('ssd', x) / heads
    const fits =
      heads % groups === 0 &&
      sameShape(x.shape, [T, heads * P]) &&
      sameShape(dt.shape, [T, heads]) &&
      [A, D, dtBias].every(({ shape }) => sameShape(shape, [heads])) &&
      [B, C].every(({ shape }) => sameShape(shape, [T, groups * N])) &&
      sameShape(state.shape, [heads, P, N])
    if (!fits) {
      const expected = 'x [T, H * P]; dt [T, H]; A, D, dtBias [H]; B, C [T, groups * N]; state [H, P, N]'
      refuse('ssd', expected, describeTensors(inputs))
    }
    return { shape: result === 'values' ? x.shape : state.shape, type: 'f32' }
  },
  reference({ attributes: { groups, result }, inputs: [x, dt, A, B, C, D, dtBias, state], output }) {
    const [heads, P, N] = state.shape
    const T = x.shape[0]
    const h = Float64Array.from(state.data)
    for (let t = 0; t < T; t++) {
      for (let head = 0; head < heads; head++) {
        const step = scalarFunctions.softplus(dt.data[t * heads + head] + dtBias.data[head])
        const decay = Math.exp(step * A.data[head])
        const group = (t * groups + Math.floor((head * groups) / heads)) * N
        for (let p = 0; p < P; p++) {
          const at = (t * heads + head) * P + p
          let sum = D.data[head] * x.data[at]
          for (let n = 0; n < N; n++) {
            const i = (head * P + p) * N + n
            h[i] = decay * h[i] + step * x.data[at] * B.data[group + n]
            sum += h[i] * C.data[group + n]
          }
          if (result === 'values') output.data[at] = sum
        }
      }
    }
    if (result === 'state') output.data.set(h)
  },
}

export function ssd(
  g: Graph,
  { x, dt, A, B, C, D, dtBias, state }: SsdInputs,
  attributes: SsdAttributes,
  label?: string,
): Tensor {
  return g.apply(ssdOp, [x, dt, A, B, C, D, dtBias, state], attributes, label)
}

/**
 * The state-space dual of Mamba-2 (Dao and Gu 2024), as a plain recurrence: dt = softplus(dt + bias), kept within bounds;
 * h = exp(dt A) h + dt x B; out = h C + D x. Heads of P values each have a state [P, N]; head h reads group floor(h * G / H) of B and C.
 */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { scalarFunctions } from '../scalar-functions.ts'
import { describeTensors, expectInteger, lastDim, refuse, sameShape, takeInputs } from '../shape.ts'

export interface SsdAttributes {
  /** G: divides the heads. */
  readonly groups: number
  /** Bounds of dt. */
  readonly leastStep: number
  readonly mostStep: number
  /** Index that `Graph.state` gave. */
  readonly state: number
}

export interface SsdInputs {
  readonly x: Tensor // [T, H * P]
  readonly dt: Tensor // [T, H]
  readonly A: Tensor // [H]
  readonly B: Tensor // [T, G * N]
  readonly C: Tensor // [T, G * N]
  readonly D: Tensor // [H]
  readonly dtBias: Tensor // [H]
}

export const ssdOp: OpDefinition<SsdAttributes> = {
  name: 'ssd',
  infer(inputs, { groups, leastStep, mostStep, state }) {
    const [x, dt, A, B, C, D, dtBias, positions, sequences] = takeInputs('ssd', inputs, 9)
    const T = x.shape[0]
    const heads = lastDim('ssd', dt)
    expectInteger('ssd', 'state', state, 0)
    expectInteger('ssd', 'groups', groups, 1)
    if (!(leastStep >= 0 && leastStep <= mostStep))
      refuse('ssd', '0 <= leastStep <= mostStep', `${leastStep} and ${mostStep}`)
    const fits =
      heads % groups === 0 &&
      lastDim('ssd', x) % heads === 0 &&
      lastDim('ssd', B) % groups === 0 &&
      sameShape(dt.shape, [T, heads]) &&
      [A, D, dtBias].every(({ shape }) => sameShape(shape, [heads])) &&
      [B, C].every(({ shape }) => sameShape(shape, [T, lastDim('ssd', B)])) &&
      [positions, sequences].every(({ shape }) => sameShape(shape, [T]))
    if (!fits) {
      const expected = 'x [T, H * P]; dt [T, H]; A, D, dtBias [H]; B, C [T, groups * N]; positions, sequences [T]'
      refuse('ssd', expected, describeTensors(inputs))
    }
    return { shape: x.shape, type: 'f32' }
  },
  reference({ attributes: { groups, leastStep, mostStep, state }, inputs, output, states }) {
    const [x, dt, A, B, C, D, dtBias, positions, sequences] = inputs
    const [T, width] = x.shape
    const heads = dt.shape[1]
    const P = width / heads
    const N = B.shape[1] / groups
    for (let t = 0; t < T; t++) {
      const h = states[state](sequences.data[t])
      if (positions.data[t] === 0) h.fill(0)
      for (let head = 0; head < heads; head++) {
        const free = scalarFunctions.softplus(dt.data[t * heads + head] + dtBias.data[head])
        const step = Math.min(mostStep, Math.max(leastStep, free))
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
          output.data[at] = sum
        }
      }
    }
  },
}

export interface SsdSettings {
  readonly groups: number
  /** Bounds of dt, [0, Infinity] by default. */
  readonly stepBounds?: readonly [least: number, most: number]
}

/** Gives [T, H * P]. Declares its state [H, P, N]. */
export function ssd(
  g: Graph,
  { x, dt, A, B, C, D, dtBias }: SsdInputs,
  { groups, stepBounds: [leastStep, mostStep] = [0, Infinity] }: SsdSettings,
  label = 'ssd',
): Tensor {
  const heads = lastDim('ssd', dt)
  const state = g.state(label, [heads, lastDim('ssd', x) / heads, lastDim('ssd', B) / groups])
  const inputs = [x, dt, A, B, C, D, dtBias, g.input('positions'), g.input('sequences')]
  return g.apply(ssdOp, inputs, { groups, leastStep, mostStep, state }, label)
}

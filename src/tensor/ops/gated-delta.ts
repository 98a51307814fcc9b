/**
 * The gated delta rule (Yang et al. 2024, arXiv:2412.06464, equation 10) as a plain recurrence: with decay = exp(A softplus(alpha + bias))
 * and rate = sigmoid(beta), S = decay S; S += k (rate (v - S^T k))^T; out = S^T q. What S already knows of k is not written again.
 *
 * Value heads have a state [N, P] each; value head h reads key head floor(h * Hk / Hv) of q and k when they are `grouped`,
 * h mod Hk when they are `tiled`.
 */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { scalarFunctions } from '../scalar-functions.ts'
import { describeTensors, expectInteger, lastDim, refuse, sameShape, takeInputs } from '../shape.ts'

/** Which value heads share a key head: neighbours, or every Hk-th. */
export type KeySharing = 'grouped' | 'tiled'

export interface GatedDeltaAttributes {
  /** Hk: divides the value heads. */
  readonly keyHeads: number
  readonly sharing: KeySharing
  /** Index that `Graph.state` gave. */
  readonly state: number
}

export interface GatedDeltaInputs {
  readonly q: Tensor // [T, Hk * N]
  readonly k: Tensor // [T, Hk * N]
  readonly v: Tensor // [T, Hv * P]
  readonly alpha: Tensor // [T, Hv]
  readonly beta: Tensor // [T, Hv]
  readonly A: Tensor // [Hv]
  readonly alphaBias: Tensor // [Hv]
}

export const gatedDeltaOp: OpDefinition<GatedDeltaAttributes> = {
  name: 'gated-delta',
  infer(inputs, { keyHeads, state }) {
    const [q, k, v, alpha, beta, A, alphaBias, positions, sequences] = takeInputs('gated-delta', inputs, 9)
    const T = v.shape[0]
    const heads = lastDim('gated-delta', alpha)
    expectInteger('gated-delta', 'state', state, 0)
    expectInteger('gated-delta', 'keyHeads', keyHeads, 1)
    const fits =
      heads % keyHeads === 0 &&
      lastDim('gated-delta', k) % keyHeads === 0 &&
      lastDim('gated-delta', v) % heads === 0 &&
      [q, k].every(({ shape }) => sameShape(shape, [T, lastDim('gated-delta', k)])) &&
      [alpha, beta].every(({ shape }) => sameShape(shape, [T, heads])) &&
      [A, alphaBias].every(({ shape }) => sameShape(shape, [heads])) &&
      [positions, sequences].every(({ shape }) => sameShape(shape, [T]))
    if (!fits) {
      const expected =
        'q, k [T, keyHeads * N]; v [T, H * P]; alpha, beta [T, H]; A, alphaBias [H]; positions, sequences [T]'
      refuse('gated-delta', expected, describeTensors(inputs))
    }
    return { shape: v.shape, type: 'f32' }
  },
  reference({ attributes: { keyHeads, sharing, state }, inputs, output, states }) {
    const [q, k, v, alpha, beta, A, alphaBias, positions, sequences] = inputs
    const [T, width] = v.shape
    const heads = alpha.shape[1]
    const P = width / heads
    const N = k.shape[1] / keyHeads
    for (let t = 0; t < T; t++) {
      const S = states[state](sequences.data[t])
      if (positions.data[t] === 0) S.fill(0)
      for (let head = 0; head < heads; head++) {
        const own = t * heads + head
        const decay = Math.exp(A.data[head] * scalarFunctions.softplus(alpha.data[own] + alphaBias.data[head]))
        const rate = scalarFunctions.sigmoid(beta.data[own])
        const keyHead = sharing === 'tiled' ? head % keyHeads : Math.floor((head * keyHeads) / heads)
        const key = (t * keyHeads + keyHead) * N
        for (let p = 0; p < P; p++) {
          const first = head * N * P + p
          let known = 0
          for (let n = 0; n < N; n++) known += S[first + n * P] * k.data[key + n]
          const change = rate * (v.data[own * P + p] - decay * known)
          let sum = 0
          for (let n = 0; n < N; n++) {
            const i = first + n * P
            S[i] = decay * S[i] + k.data[key + n] * change
            sum += S[i] * q.data[key + n]
          }
          output.data[own * P + p] = sum
        }
      }
    }
  },
}

/** Gives [T, Hv * P]. Declares its state [Hv, N, P]. */
export function gatedDelta(
  g: Graph,
  { q, k, v, alpha, beta, A, alphaBias }: GatedDeltaInputs,
  { keyHeads, sharing = 'grouped' }: { readonly keyHeads: number; readonly sharing?: KeySharing },
  label = 'gated_delta',
): Tensor {
  const heads = lastDim('gated-delta', alpha)
  const state = g.state(label, [heads, lastDim('gated-delta', k) / keyHeads, lastDim('gated-delta', v) / heads])
  const inputs = [q, k, v, alpha, beta, A, alphaBias, g.input('positions'), g.input('sequences')]
  return g.apply(gatedDeltaOp, inputs, { keyHeads, sharing, state }, label)
}

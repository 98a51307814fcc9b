/** A mixture of experts: each token goes to the k experts with the highest router logits, gated feed-forward blocks. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { scalarFunctions } from '../scalar-functions.ts'
import { describeTensors, expectInteger, lastDim, refuse, sameShape, takeInputs } from '../shape.ts'
import type { GluKind } from './glu.ts'
import { softmaxOf } from './softmax.ts'

export interface MixtureAttributes {
  /** Experts per token. */
  readonly k: number
  readonly kind: GluKind
  /** Whether the weights of the chosen experts are divided by their sum. */
  readonly renormalise: boolean
}

export interface MixtureWeights {
  readonly gate: Tensor // [E, F, D]
  readonly up: Tensor // [E, F, D]
  readonly down: Tensor // [E, D, F]
}

export const mixtureOp: OpDefinition<MixtureAttributes> = {
  name: 'mixture',
  infer(inputs, { k }) {
    const [x, logits, gate, up, down] = takeInputs('mixture', inputs, 5)
    const D = lastDim('mixture', x)
    const E = lastDim('mixture', logits)
    const F = lastDim('mixture', down)
    expectInteger('mixture', 'k', k, 1)
    const fits =
      k <= E &&
      sameShape(x.shape, [logits.shape[0], D]) &&
      [gate, up].every(({ shape }) => sameShape(shape, [E, F, D])) &&
      sameShape(down.shape, [E, D, F])
    if (!fits) {
      const expected = `x [T, D]; logits [T, E] with E >= ${k}; gate, up [E, F, D]; down [E, D, F]`
      refuse('mixture', expected, describeTensors(inputs))
    }
    return { shape: x.shape, type: 'f32' }
  },
  reference({ attributes: { k, kind, renormalise }, inputs: [x, logits, gate, up, down], output }) {
    const [E, F, D] = gate.shape
    const f = scalarFunctions[kind]
    output.data.fill(0)
    for (let t = 0; t * D < x.data.length; t++) {
      const row = x.data.subarray(t * D, (t + 1) * D)
      const { experts, weights } = chooseExperts(Array.from(logits.data.subarray(t * E, (t + 1) * E)), k, renormalise)
      const sums = new Float64Array(D)
      experts.forEach((expert, rank) => {
        for (let i = 0; i < F; i++) {
          const at = (expert * F + i) * D
          const inner = f(dot(row, gate.data.subarray(at, at + D))) * dot(row, up.data.subarray(at, at + D))
          for (let d = 0; d < D; d++) sums[d] += weights[rank] * inner * down.data[(expert * D + d) * F + i]
        }
      })
      output.data.set(sums, t * D)
    }
  },
}

/** Experts by falling logit (the lower number first where two are equal) and their weights: softmax over all, then chosen. */
export function chooseExperts(
  logits: readonly number[],
  k: number,
  renormalise: boolean,
): { readonly experts: readonly number[]; readonly weights: readonly number[] } {
  const order = logits.map((_, expert) => expert).toSorted((a, b) => logits[b] - logits[a] || a - b)
  const experts = order.slice(0, k)
  const shares = softmaxOf(logits)
  const total = renormalise ? experts.reduce((sum, expert) => sum + shares[expert], 0) : 1
  return { experts, weights: experts.map((expert) => shares[expert] / total) }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

/** x [T, D], router logits [T, E]; gives [T, D]. */
export function mixture(
  g: Graph,
  x: Tensor,
  logits: Tensor,
  { gate, up, down }: MixtureWeights,
  attributes: MixtureAttributes,
  label?: string,
): Tensor {
  return g.apply(mixtureOp, [x, logits, gate, up, down], attributes, label)
}

/**
 * A router whose experts have a limited number of slots: Switch, GShard, ST-MoE, NLLB. A choice without a slot is none (-1). The tokens
 * of one sequence in one run share slots (and so what a run holds can matter); sequences never take slots from each other.
 */
import { createRandom } from '../../util/random.ts'
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { routeTokens } from '../routing/route-tokens.ts'
import { checkRule, drawsPerToken } from '../routing/rule.ts'
import type { RouterRule } from '../routing/rule.ts'
import { describeTensors, expectInteger, expectType, lastDim, refuse, takeInputs } from '../shape.ts'

export interface CappedRouteAttributes {
  readonly rule: RouterRule
  /** Of the numbers that random policies draw; one stream per router, 0 to 2^32 - 1. What a token draws depends on its position alone. */
  readonly seed: number
  /** Draws to be used instead, by position: one each, or E each for sampling. */
  readonly draws?: readonly number[] | undefined
}

export const cappedRouteOp: OpDefinition<CappedRouteAttributes> = {
  name: 'capped-route',
  infer(inputs, { rule, seed }) {
    const [logits, positions, sequences] = takeInputs('capped-route', inputs, 3)
    const T = logits.shape[0]
    for (const ids of [positions, sequences]) expectType('capped-route', ids, 'i32')
    if (logits.shape.length !== 2 || positions.shape[0] !== T || sequences.shape[0] !== T)
      refuse('capped-route', 'logits [T, E], positions [T], sequences [T]', describeTensors(inputs))
    checkRule(rule, lastDim('capped-route', logits))
    expectInteger('capped-route', 'seed', seed, 0)
    return { shape: [T, 2 * rule.k], type: 'f32' }
  },
  reference({ attributes: { rule, seed, draws }, inputs: [logits, positions, sequences], output }) {
    const [T, E] = logits.shape
    const { k } = rule
    const size = drawsPerToken(rule, E)
    const drawn = Array.from(positions.data).flatMap((position) =>
      draws === undefined ? drawAt(seed, position, size) : draws.slice(position * size, (position + 1) * size),
    )
    const { choices, kept, weights } = routeTokens(logits.data, E, rule, { draws: drawn, sequences: sequences.data })
    for (let t = 0; t < T; t++) {
      for (let rank = 0; rank < k; rank++) {
        const index = t * k + rank
        output.data[t * 2 * k + rank] = kept[index] === 1 ? choices[index] : -1
        output.data[t * 2 * k + k + rank] = weights[index]
      }
    }
  },
}

/** Uniform numbers of the token at `position`, the same however a text is cut into runs. */
export function drawAt(seed: number, position: number, count: number): number[] {
  const { float } = createRandom(seed + position * 2 ** 32)
  return Array.from({ length: count }, float)
}

/** Router logits [T, E] -> choices [T, 2 k]. */
export function cappedRoute(g: Graph, logits: Tensor, attributes: CappedRouteAttributes, label?: string): Tensor {
  return g.apply(cappedRouteOp, [logits, g.input('positions'), g.input('sequences')], attributes, label)
}

/**
 * A router whose experts have a limited number of slots: Switch, GShard, ST-MoE, NLLB. A choice without a slot is none (-1).
 *
 * The tokens of a document share slots; documents never take slots from each other. Where slots are given in token order and do not
 * depend on what is still to come, their count is a state of the sequence, so that a text may be cut into runs anywhere. Under other
 * rules the tokens of one run share the slots, as a row of the batch does in the original implementations.
 */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { documentsOf, drawsAt } from '../routing/groups.ts'
import type { DrawSource } from '../routing/groups.ts'
import { routeTokens } from '../routing/route-tokens.ts'
import { checkRule, drawsPerToken, givesSlotsInOrder } from '../routing/rule.ts'
import type { RouterRule } from '../routing/rule.ts'
import { describeTensors, expectInteger, expectType, lastDim, refuse, takeInputs } from '../shape.ts'

export interface CappedRouteAttributes extends DrawSource {
  readonly rule: RouterRule
  /** Index that `Graph.state` gave: slots taken of each expert [E]; undefined where the rule does not give them in token order. */
  readonly state: number | undefined
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
  reference({ attributes, inputs: [logits, positions, sequences], output, states }) {
    const { rule, state } = attributes
    const [T, E] = logits.shape
    const { k } = rule
    const size = drawsPerToken(rule, E)
    const draws = Array.from(positions.data).flatMap((position) => drawsAt(attributes, position, size))
    const documents = documentsOf(positions.data, sequences.data)
    const taken =
      state === undefined
        ? undefined
        : documents.map(({ sequence, begins }) => (begins ? new Float32Array(E) : states[state](sequence).slice()))
    const documentOf = new Int32Array(T)
    documents.forEach(({ tokens }, document) => tokens.forEach((t) => (documentOf[t] = document)))
    const { choices, kept, weights } = routeTokens(logits.data, E, rule, { draws, sequences: documentOf, taken })
    taken?.forEach((slots, document) => states[state as number](documents[document].sequence).set(slots))
    for (let t = 0; t < T; t++) {
      for (let rank = 0; rank < k; rank++) {
        const index = t * k + rank
        output.data[t * 2 * k + rank] = kept[index] === 1 ? choices[index] : -1
        output.data[t * 2 * k + k + rank] = weights[index]
      }
    }
  },
}

/** Router logits [T, E] -> choices [T, 2 k]. */
export function cappedRoute(
  g: Graph,
  logits: Tensor,
  attributes: Omit<CappedRouteAttributes, 'state'>,
  label = 'capped-route',
): Tensor {
  const inOrder = givesSlotsInOrder(attributes.rule)
  const state = inOrder ? g.state(`${label}_slots`, [lastDim('capped-route', logits)]) : undefined
  return g.apply(cappedRouteOp, [logits, g.input('positions'), g.input('sequences')], { ...attributes, state }, label)
}

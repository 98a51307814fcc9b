import { describe, expect, it } from 'vitest'
import { createRandom } from '../../util/random.ts'
import { Graph } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { balanceLoss, pooledBalanceLoss, routerEntropy, zLoss } from '../routing/losses.ts'
import { mixtralRouter, nllbRouter, routerRule, switchRouter } from '../routing/presets.ts'
import type { RouterRule } from '../routing/rule.ts'
import { cappedRoute, cappedRouteOp } from './capped-route.ts'
import { embedding } from './embedding.ts'
import { routerLoss, routerLossOp } from './router-loss.ts'
import type { RouterLossAttributes } from './router-loss.ts'

const E = 4
const T = 12
const { float } = createRandom(1)
const logits = Float32Array.from({ length: T * E }, () => 4 * float())

const dropless = routerRule(mixtralRouter, 'evaluate')
const sampled: RouterRule = { ...dropless, second: { kind: 'sampling' } }
const random: RouterRule = { ...dropless, second: { kind: 'random', factor: 2, gate: 'raw' } }
const inOrder: RouterRule = { ...routerRule(switchRouter, 'evaluate'), capacity: { kind: 'fixed', slots: 2 } }

describe('capped-route', () => {
  it.each([
    ['sampled second experts', sampled],
    ['random second experts', random],
    ['slots in token order', inOrder],
  ])('%s: a text may be cut into runs anywhere', (_, rule) => {
    const whole = runPieces(rule, [T])
    for (const ends of [[5, T], [1, 2, 3, T], Array.from({ length: T }, (__, t) => t + 1)])
      expect(runPieces(rule, ends)).toEqual(whole)
  })

  it('draws by seed', () => {
    expect(runPieces(sampled, [T], 1)).not.toEqual(runPieces(sampled, [T], 2))
  })

  it('takes draws by position, and refuses a list that ends before', () => {
    const draws = Array.from({ length: T }, (_, position) => (position < 6 ? 0 : 1))
    const seconds = runPieces(random, [T], 0, draws).filter((_, index) => index % 4 === 1)
    expect(seconds.map((expert) => expert >= 0)).toEqual(draws.map((draw) => draw === 0))
    expect(() => runPieces(random, [T], 0, draws.slice(1))).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    )
  })

  it('keeps a count of slots only where they are given in token order', () => {
    const states = (rule: RouterRule): number => {
      const g = new Graph()
      cappedRoute(g, embedding(g, g.weight('logits', [T, E], 'f32'), g.input('tokens')), { rule, seed: 0 })
      return g.states.length
    }
    expect(states(inOrder)).toBe(1)
    expect(states(routerRule(nllbRouter, 'train'))).toBe(0)
  })

  it('refuses more choices than experts, and vectors', () => {
    const g = new Graph()
    const rowsOf = (width: number) => embedding(g, g.weight('logits', [T, width], 'f32'), g.input('tokens'))
    expect(() => cappedRoute(g, rowsOf(1), { rule: dropless, seed: 0 })).toThrow(
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining("'k'") }),
    )
    const vector = g.weight('vector', [E], 'f32')
    expect(() => cappedRoute(g, vector, { rule: dropless, seed: 0 })).toThrow(/logits \[T, E\]/)
  })
})

describe('router-loss', () => {
  it.each([
    [{ kind: 'balance', form: 'switch' }, balanceLoss(logits, E).value],
    [{ kind: 'balance', form: 'gshard' }, balanceLoss(logits, E, 'gshard').value],
    [{ kind: 'pooled-balance', k: 2 }, pooledBalanceLoss([logits], E, 2).value],
    [{ kind: 'z' }, zLoss(logits, E).value],
    [{ kind: 'entropy' }, routerEntropy(logits, E).value],
  ] satisfies [RouterLossAttributes, number][])('%o is what its function gives', (attributes, value) => {
    const g = new Graph()
    const output = routerLoss(g, g.weight('logits', [T, E], 'f32'), attributes)
    expect(output.shape).toEqual([1])
    const [loss] = runReference(routerLossOp, attributes, [{ shape: [T, E], data: logits }], [1])
    expect(loss).toBeCloseTo(value, 5)
  })
})

/** Choices of all tokens of one sequence, in runs that end at `ends`. */
function runPieces(rule: RouterRule, ends: readonly number[], seed = 7, draws?: readonly number[]): number[] {
  const state = new Float32Array(E)
  const keeps = rule === inOrder ? 0 : undefined
  return ends.flatMap((end, piece) => {
    const start = piece === 0 ? 0 : ends[piece - 1]
    const count = end - start
    const positions = Int32Array.from({ length: count }, (_, index) => start + index)
    const inputs = [
      { shape: [count, E], data: logits.subarray(start * E, end * E) },
      { shape: [count], data: positions },
      { shape: [count], data: new Int32Array(count) },
    ]
    return [...runReference(cappedRouteOp, { rule, seed, draws, state: keeps }, inputs, [count, 2 * rule.k], state)]
  })
}

function runReference<A extends object>(
  op: OpDefinition<A>,
  attributes: A,
  inputs: Parameters<OpDefinition<A>['reference']>[0]['inputs'],
  shape: readonly number[],
  state = new Float32Array(0),
): Float32Array {
  const data = new Float32Array(shape.reduce((product, dim) => product * dim, 1))
  const none = new Int32Array(0)
  op.reference({
    attributes,
    inputs,
    output: { shape, data },
    caches: [],
    states: [() => state],
    positions: none,
    sequences: none,
  })
  return data
}

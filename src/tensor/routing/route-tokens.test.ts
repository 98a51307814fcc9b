import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../util/random.ts'
import { chooseExperts } from '../ops/route.ts'
import { combineWeights } from './combine.ts'
import {
  gshardRouter,
  mixtralRouter,
  nllbRouter,
  openMoeRouter,
  routerRule,
  stMoeRouter,
  switchRouter,
} from './presets.ts'
import { routeTokens } from './route-tokens.ts'
import type { Routing } from './route-tokens.ts'
import { capacityOf } from './rule.ts'
import type { Capacity, RouterRule, SecondPolicy } from './rule.ts'
import { routingStatistics } from './statistics.ts'

const mixtral = routerRule(mixtralRouter, 'evaluate')
const presets = { switchRouter, gshardRouter, stMoeRouter, nllbRouter, mixtralRouter, openMoeRouter }

const anyCapacity: fc.Arbitrary<Capacity | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.record({ kind: fc.constant('fixed' as const), slots: fc.integer({ min: 1, max: 12 }) }),
  fc.record({
    kind: fc.constant('factor' as const),
    factor: fc.double({ min: 0.1, max: 3, noNaN: true }),
    timesK: fc.boolean(),
    minimum: fc.integer({ min: 0, max: 4 }),
  }),
  fc.constant({ kind: 'even-share' as const }),
  fc.record({ kind: fc.constant('fraction' as const), fraction: fc.double({ min: 0.05, max: 1, noNaN: true }) }),
)

const anySecond: fc.Arbitrary<SecondPolicy> = fc.constantFrom(
  { kind: 'all' },
  { kind: 'none' },
  { kind: 'threshold', least: 0.2, of: 'first' },
  { kind: 'threshold', least: 0.3, of: 'sum' },
  { kind: 'random', factor: 2, gate: 'normalised' },
  { kind: 'random', factor: 2, gate: 'raw' },
  { kind: 'sampling' },
)

const anyRule: fc.Arbitrary<RouterRule> = fc
  .record({
    k: fc.integer({ min: 1, max: 3 }),
    renormalise: fc.constantFrom('never' as const, 'before-drop' as const, 'after-drop' as const),
    capacity: anyCapacity,
    groupSize: fc.option(fc.integer({ min: 1, max: 16 }), { nil: undefined }),
    second: anySecond,
    refusedTakesSlot: fc.boolean(),
    priority: fc.constantFrom('position' as const, 'probability' as const),
  })
  .map((rule) => (rule.second.kind === 'all' ? rule : { ...rule, k: 2 }))

const anyInput = fc
  .record({ T: fc.integer({ min: 1, max: 40 }), E: fc.integer({ min: 3, max: 8 }), seed: fc.nat() })
  .map(({ T, E, seed }) => ({ T, E, logits: normals(T * E, seed) }))

describe('routing', () => {
  it('gives a token at most k experts, each once, and an expert no more tokens than it has slots', () => {
    fc.assert(
      fc.property(anyInput, anyRule, ({ T, E, logits }, rule) => {
        const routing = routeTokens(logits, E, rule, { random: createRandom(7) })
        const { k } = rule
        const size = rule.groupSize ?? T
        for (let start = 0; start < T; start += size) {
          const end = Math.min(T, start + size)
          const capacity = capacityOf(rule, end - start, E)
          const taken = new Set<string>()
          for (let index = start * k; index < end * k; index++) {
            if (routing.kept[index] === 0) continue
            const slot = `${routing.choices[index]}:${routing.positions[index]}`
            expect(routing.positions[index]).toBeGreaterThanOrEqual(0)
            expect(routing.positions[index]).toBeLessThan(capacity)
            expect(taken.has(slot), slot).toBe(false)
            taken.add(slot)
          }
        }
        for (let t = 0; t < T; t++) expect(new Set(routing.choices.subarray(t * k, (t + 1) * k)).size).toBe(k)
      }),
    )
  })

  it('weighs what is kept and nothing else; weights sum to one where they are normalised over it', () => {
    fc.assert(
      fc.property(anyInput, anyRule, ({ T, E, logits }, rule) => {
        const { weights, kept } = routeTokens(logits, E, rule, { random: createRandom(7) })
        weights.forEach((weight, index) => expect(weight > 0).toBe(kept[index] === 1))
        for (let t = 0; t < T; t++) {
          const row = weights.subarray(t * rule.k, (t + 1) * rule.k)
          const sum = row.reduce((total, weight) => total + weight, 0)
          if (rule.renormalise === 'after-drop' && sum > 0) expect(sum).toBeCloseTo(1, 12)
          else expect(sum).toBeLessThan(1 + 1e-12)
        }
      }),
    )
  })

  it('is dropless where capacity has no end: a fraction of 1 gives what no capacity gives', () => {
    fc.assert(
      fc.property(anyInput, anyRule, ({ E, logits }, rule) => {
        const draws = rule.second.kind === 'sampling' ? uniforms(logits.length) : uniforms(logits.length / E)
        const unlimited = routeTokens(logits, E, { ...rule, capacity: undefined }, { draws })
        const wide = { ...rule, capacity: { kind: 'fraction', fraction: rule.k } } as const
        expect(choicesOf(routeTokens(logits, E, wide, { draws }))).toEqual(choicesOf(unlimited))
        expect(routingStatistics(unlimited).dropped.every((count) => count === 0)).toBe(true)
      }),
    )
  })

  it('is the same by position and by probability when nothing is dropped, and else keeps the surer tokens', () => {
    fc.assert(
      fc.property(anyInput, anyRule, ({ T, E, logits }, rule) => {
        const draws = rule.second.kind === 'sampling' ? uniforms(logits.length) : uniforms(logits.length / E)
        const both = (capacity: Capacity | undefined, groupSize?: number): [Routing, Routing] => [
          routeTokens(logits, E, { ...rule, capacity, groupSize, priority: 'position' }, { draws }),
          routeTokens(logits, E, { ...rule, capacity, groupSize, priority: 'probability' }, { draws }),
        ]
        const [byPosition, byProbability] = both(undefined)
        expect(choicesOf(byProbability)).toEqual(choicesOf(byPosition))

        const firstKept = ({ probabilities, choices, kept }: Routing): number =>
          Array.from({ length: T }, (_, t) =>
            kept[t * rule.k] === 1 ? probabilities[t * E + choices[t * rule.k]] : 0,
          ).reduce((sum, p) => sum + p, 0)
        const [first, surest] = both({ kind: 'fixed', slots: 2 })
        expect(firstKept(surest)).toBeGreaterThanOrEqual(firstKept(first) - 1e-12)
      }),
    )
  })

  it('is the softmax over the chosen logits where Mixtral normalises', () => {
    fc.assert(
      fc.property(anyInput, ({ T, E, logits }) => {
        const { choices, weights } = routeTokens(logits, E, mixtral)
        for (let t = 0; t < T; t++) {
          const row = Array.from(logits.subarray(t * E, (t + 1) * E))
          const own = chooseExperts(row, 2, true)
          expect([...choices.subarray(2 * t, 2 * t + 2)]).toEqual(own.experts)
          own.weights.forEach((weight, rank) => expect(weights[2 * t + rank]).toBeCloseTo(weight, 12))
        }
      }),
    )
  })

  it('keeps sequences and groups apart', () => {
    const rule = { ...mixtral, k: 1, capacity: { kind: 'fixed', slots: 1 } } as const
    const logits = Array.from({ length: 6 }, () => [2, 1]).flat()
    const kept = (options: Partial<RouterRule>, sequences?: number[]): number[] => [
      ...routeTokens(logits, 2, { ...rule, ...options }, { sequences }).kept,
    ]
    expect(kept({})).toEqual([1, 0, 0, 0, 0, 0])
    expect(kept({}, [0, 1, 0, 1, 2, 0])).toEqual([1, 1, 0, 0, 1, 0])
    expect(kept({ groupSize: 2 })).toEqual([1, 0, 1, 0, 1, 0])
    expect(kept({ groupSize: 2 }, [0, 0, 0, 1, 1, 1])).toEqual([1, 0, 1, 1, 0, 1])
  })

  it('draws the second expert as often as its gate says', () => {
    const rule = routerRule({ ...gshardRouter, capacity: { train: undefined, evaluate: undefined } }, 'train')
    const T = 4000
    const logits = Array.from({ length: T }, () => [Math.log(3), 0, -50]).flat() // gates 3/4 and 1/4
    const { refused } = routingStatistics(routeTokens(logits, 3, rule, { random: createRandom(1) }))
    expect(1 - refused / T).toBeCloseTo(0.5, 1) // 2 * 1/4
  })

  it('samples the second expert in proportion to the probabilities of the others (Gumbel-max)', () => {
    const rule = { ...mixtral, second: { kind: 'sampling' } } as const
    const T = 4000
    const logits = Array.from({ length: T }, () => [3, Math.log(3), 0]).flat()
    const { load } = routeTokens(logits, 3, rule, { random: createRandom(1) })
    expect(load[0]).toBe(T)
    expect(load[1] / T).toBeCloseTo(0.75, 1)
  })

  it.each(Object.entries(presets))('%s is a rule in training and in evaluation', (_, config) => {
    const logits = normals(64 * 8, 3)
    for (const mode of ['train', 'evaluate'] as const) {
      const routing = routeTokens(logits, 8, routerRule(config, mode), { random: createRandom(2) })
      const combine = combineWeights(routing)
      expect(routing.load.reduce((sum, count) => sum + count, 0)).toBe(combine.filter((weight) => weight > 0).length)
    }
  })

  it.each([
    ['k', { k: 9 }],
    ['k', { k: 3, second: { kind: 'none' } }],
    ['groupSize', { groupSize: 0 }],
    ['capacity.slots', { capacity: { kind: 'fixed', slots: 0.5 } }],
    ['capacity.factor', { capacity: { kind: 'factor', factor: 0, timesK: false, minimum: 0 } }],
    ['second.least', { second: { kind: 'threshold', least: 2, of: 'sum' } }],
  ] satisfies [string, Partial<RouterRule>][])('refuses a rule with a wrong %s', (name, wrong) => {
    expect(() => routeTokens(normals(16, 1), 8, { ...mixtral, ...wrong })).toThrow(
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(`'${name}'`) }),
    )
  })

  it('refuses missing draws and ragged logits', () => {
    const rule = { ...mixtral, second: { kind: 'sampling' } } as const
    expect(() => routeTokens(normals(16, 1), 8, rule)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    expect(() => routeTokens(normals(16, 1), 8, rule, { draws: [0.5] })).toThrow('16 draws')
    expect(() => routeTokens(normals(15, 1), 8, mixtral)).toThrow('15 values')
  })
})

function choicesOf({ choices, kept, weights }: Routing): unknown {
  return [[...choices], [...kept], [...weights]]
}

function uniforms(count: number): number[] {
  const { float } = createRandom(11)
  return Array.from({ length: count }, float)
}

function normals(count: number, seed: number): Float64Array {
  const { float } = createRandom(seed)
  return Float64Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - float())) * Math.cos(2 * Math.PI * float()),
  )
}

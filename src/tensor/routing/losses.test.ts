import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../util/random.ts'
import { combineGradient, combineWeights } from './combine.ts'
import { jitter } from './jitter.ts'
import { balanceLoss, pooledBalanceLoss, routerEntropy, zLoss } from './losses.ts'
import { gshardRouter, nllbRouter, routerRule, switchRouter } from './presets.ts'
import { routeTokens } from './route-tokens.ts'

const anyInput = fc
  .record({ T: fc.integer({ min: 1, max: 12 }), E: fc.integer({ min: 2, max: 6 }), seed: fc.nat() })
  .map(({ T, E, seed }) => ({ E, logits: apart(T, E, seed) }))

describe('router losses', () => {
  it.each([
    ['balance', (logits: Float64Array, E: number) => balanceLoss(logits, E)],
    ['GShard balance', (logits: Float64Array, E: number) => balanceLoss(logits, E, 'gshard')],
    ['z', zLoss],
    ['entropy', routerEntropy],
  ])('%s: the gradient is the slope', (_, loss) => {
    fc.assert(
      fc.property(anyInput, ({ E, logits }) => {
        const { gradient } = loss(logits, E)
        expectSlopes(logits, gradient, (moved) => loss(moved, E).value)
      }),
    )
  })

  it('pooled balance: the gradient of each layer is the slope', () => {
    fc.assert(
      fc.property(anyInput, fc.nat(), fc.integer({ min: 1, max: 2 }), ({ E, logits }, seed, k) => {
        const second = apart(3, E, seed)
        const { gradients } = pooledBalanceLoss([logits, second], E, k)
        expectSlopes(logits, gradients[0], (moved) => pooledBalanceLoss([moved, second], E, k).value)
        expectSlopes(second, gradients[1], (moved) => pooledBalanceLoss([logits, moved], E, k).value)
      }),
    )
  })

  it.each([
    ['Switch', switchRouter],
    ['GShard', gshardRouter],
    ['NLLB', nllbRouter],
  ])('%s weights: the gradient is the slope while choices stay', (_, config) => {
    fc.assert(
      fc.property(anyInput, fc.integer({ min: 1, max: 4 }), ({ E, logits }, slots) => {
        const rule = { ...routerRule(config, 'train'), capacity: { kind: 'fixed', slots } } as const
        const draws = Array.from({ length: logits.length / E }, () => 0.3)
        const upstream = uniforms(logits.length, 5)
        const routing = routeTokens(logits, E, rule, { draws: rule.second.kind === 'random' ? draws : undefined })
        expectSlopes(logits, combineGradient(routing, upstream), (moved) => {
          const again = routeTokens(moved, E, rule, { draws: rule.second.kind === 'random' ? draws : undefined })
          fc.pre(`${again.choices},${again.positions}` === `${routing.choices},${routing.positions}`)
          return combineWeights(again).reduce((sum, weight, index) => sum + weight * upstream[index], 0)
        })
      }),
    )
  })

  it('balance at uniform routing is 1, pooled balance k, and one expert for all costs E', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 16 }), fc.integer({ min: 1, max: 4 }), (E, rounds) => {
        const T = E * rounds
        const even = Float64Array.from({ length: T * E }, (_, index) =>
          index % E === Math.floor(index / E) % E ? 4 : 0,
        )
        expect(balanceLoss(even, E).value).toBeCloseTo(1, 12)
        expect(balanceLoss(even, E, 'gshard').value).toBeCloseTo(1 / E ** 2, 12)
        expect(balanceLoss(new Float64Array(T * E), E).value).toBeCloseTo(1, 12) // equal probabilities balance by themselves
        expect(pooledBalanceLoss([new Float64Array(T * E)], E, 2).value).toBeCloseTo(2, 12)
        const collapsed = Float64Array.from({ length: T * E }, (_, index) => (index % E === 0 ? 60 : 0))
        expect(balanceLoss(collapsed, E).value).toBeCloseTo(E, 9)
      }),
    )
  })

  it('pooled balance does not see imbalances that cancel between layers, the sum over layers does', () => {
    const all = (expert: number): Float64Array => Float64Array.from({ length: 8 }, (_, i) => (i % 2 === expert ? 9 : 0))
    expect(pooledBalanceLoss([all(0), all(1)], 2, 1).value).toBeCloseTo(1, 3)
    expect((balanceLoss(all(0), 2).value + balanceLoss(all(1), 2).value) / 2).toBeCloseTo(2, 3)
  })

  it('entropy is log E for equal logits, 0 for a certain router, and z is log(E) squared for zeros', () => {
    expect(routerEntropy(new Float64Array(12), 4).value).toBeCloseTo(Math.log(4), 12)
    expect(routerEntropy([800, 0, 0], 3).value).toBe(0)
    expect(zLoss(new Float64Array(12), 4).value).toBeCloseTo(Math.log(4) ** 2, 12)
  })

  it('refuses logits that are no rows', () => {
    expect(() => zLoss([1, 2, 3], 2)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    expect(() => balanceLoss([], 2)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })
})

describe('jitter', () => {
  it('keeps every value within its share, by seed', () => {
    const x = uniforms(100, 1)
    const { values, factors } = jitter(x, 0.01, createRandom(3))
    expect(factors.every((factor) => factor >= 0.99 - 1e-7 && factor <= 1.01 + 1e-7)).toBe(true)
    expect(new Set(factors).size).toBeGreaterThan(90)
    values.forEach((value, index) => expect(value).toBeCloseTo(x[index] * factors[index], 7))
    expect(jitter(x, 0.01, createRandom(3)).values).toEqual(values)
    expect(() => jitter(x, 1, createRandom(3))).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })
})

/** Central differences in double precision. */
function expectSlopes(at: Float64Array, gradient: Float64Array, value: (moved: Float64Array) => number): void {
  const step = 1e-5
  at.forEach((original, index) => {
    const moved = (by: number): number => value(at.with(index, original + by))
    expect(gradient[index]).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 6)
  })
}

/** Logits [T, E] from -3 to 3 of which no two in a row are closer than 0.001: a small step changes no choice. */
function apart(T: number, E: number, seed: number): Float64Array {
  return uniforms(T * E, seed).map((value, index) => Math.round(300 * value) / 50 - 3 + (index % E) / 1000)
}

function uniforms(count: number, seed: number): Float64Array {
  const { float } = createRandom(seed)
  return Float64Array.from({ length: count }, float)
}

import { describe, expect, it } from 'vitest'
import { mcnemarExact, pairedBootstrap, wilsonInterval } from './statistics.ts'

const invalid = expect.objectContaining({ code: 'invalid-argument' })

describe('pairedBootstrap', () => {
  // Of differences that are 0 or 1, the resampled sum is binomial: B(100, .3) has its 2.5 % and 97.5 % quantiles at 21 and 39.
  const first = Array.from({ length: 100 }, (_, item) => (item < 30 ? 1 : 0))
  const second = first.map(() => 0)

  it('has the interval of a binomial where differences are 0 or 1', () => {
    for (const seed of [1, 2, 3]) {
      const { difference, interval, items } = pairedBootstrap(first, second, { seed })
      expect({ difference, items }).toEqual({ difference: 0.3, items: 100 })
      expect(Math.abs(interval[0] - 0.21)).toBeLessThanOrEqual(0.0101)
      expect(Math.abs(interval[1] - 0.39)).toBeLessThanOrEqual(0.0101)
    }
  })

  it('is narrower at a lower level', () => {
    const [low, high] = pairedBootstrap(first, second, { level: 0.5 }).interval
    expect([low, high]).toEqual([0.27, 0.33]) // quartiles of B(100, .3)
  })

  it('sees only what differs between the methods', () => {
    const noisy = Array.from({ length: 50 }, (_, item) => item * 1000)
    const better = noisy.map((score) => score + 1)
    expect(pairedBootstrap(better, noisy)).toEqual({ items: 50, difference: 1, interval: [1, 1] })
  })

  it('repeats itself for a seed and differs between seeds', () => {
    const scores = Array.from({ length: 40 }, (_, item) => Math.sin(item))
    const zeros = scores.map(() => 0)
    const of = (seed: number) => pairedBootstrap(scores, zeros, { seed, resamples: 500 }).interval
    expect(of(7)).toEqual(of(7))
    expect(of(7)).not.toEqual(of(8))
  })

  it.each([
    [[], [], {}],
    [[1], [1, 2], {}],
    [[1, Number.NaN], [1, 2], {}],
    [[1], [1], { resamples: 0 }],
    [[1], [1], { level: 1 }],
  ])('refuses %j, %j, %j', (a, b, options) => expect(() => pairedBootstrap(a, b, options)).toThrow(invalid))
})

describe('mcnemarExact', () => {
  it.each([
    [0, 0, 1],
    [1, 0, 1],
    [5, 0, 2 / 32],
    [7, 7, 1],
    [2, 10, (2 * (1 + 12 + 66)) / 4096],
    [10, 2, (2 * (1 + 12 + 66)) / 4096],
  ])('%i against %i', (a, b, probability) => expect(mcnemarExact(a, b)).toBeCloseTo(probability, 14))

  it.each([
    [30, 50],
    [620, 700],
    [1500, 1600],
  ])('is the sum of whole binomial coefficients: %i against %i', (a, b) => {
    const n = BigInt(a + b)
    let coefficient = 1n
    let tail = 0n
    for (let k = 0n; k <= BigInt(Math.min(a, b)); k++) {
      tail += coefficient
      coefficient = (coefficient * (n - k)) / (k + 1n)
    }
    const exact = Number((2n * tail * 10n ** 30n) / 2n ** n) / 1e30
    expect(mcnemarExact(a, b) / exact).toBeCloseTo(1, 9)
  })

  it.each([
    [-1, 2],
    [1.5, 2],
  ])('refuses %d, %d', (a, b) => expect(() => mcnemarExact(a, b)).toThrow(invalid))
})

describe('wilsonInterval', () => {
  // What defines the bounds: the seen share is z standard errors away, with the standard error at the bound itself.
  it.each([
    [1, 10],
    [5, 10],
    [101, 202],
    [450, 452],
  ])('%i of %i', (right, items) => {
    for (const bound of wilsonInterval(right, items)) {
      const deviation = Math.abs(right / items - bound)
      expect(deviation).toBeCloseTo(1.959964 * Math.sqrt((bound * (1 - bound)) / items), 10)
    }
  })

  it('reaches 0 and 1', () => {
    expect(wilsonInterval(0, 10)[0]).toBe(0)
    expect(wilsonInterval(10, 10)[1]).toBeCloseTo(1, 12)
  })

  it('of nothing is everything', () => expect(wilsonInterval(0, 0)).toEqual([0, 1]))
})

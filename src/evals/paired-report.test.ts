import { describe, expect, it } from 'vitest'
import { type ItemScore, reportPaired } from './paired-report.ts'

const scores = (method: string, values: readonly (number | undefined)[], seed = 0): ItemScore[] =>
  values.map((score, index) => ({ item: `i${index}`, method, seed, score }))

describe('reportPaired', () => {
  it('compares methods item by item', () => {
    const all = [...scores('base', [1, 0, 0, 0, 0, 0, 0, 0]), ...scores('search', [0, 1, 1, 1, 1, 1, 1, 1])]
    const { methods, pairs } = reportPaired(all, ['base', 'search'], 'base')
    expect(methods.map(({ method, right, mean }) => [method, right, mean])).toEqual([
      ['base', 1, 1 / 8],
      ['search', 7, 7 / 8],
    ])
    expect(pairs).toHaveLength(1)
    expect(pairs[0]).toMatchObject({ difference: 0.75, onlyMethod: 7, onlyBaseline: 1 })
    // Two-sided: 2 * (C(8, 0) + C(8, 1)) / 2^8.
    expect(pairs[0]?.p).toBeCloseTo(18 / 256, 12)
    expect(pairs[0]?.interval[0]).toBeLessThan(0.75)
  })

  it('takes an item with several seeds once, with its mean', () => {
    const all = [...scores('a', [1, 1], 0), ...scores('a', [0, 1], 1), ...scores('b', [0, 0])]
    expect(reportPaired(all, ['a', 'b'], 'b').methods[0]).toMatchObject({ items: 2, mean: 0.75, right: 1 })
  })

  it.each([
    ['an item without a verdict', [...scores('a', [1, undefined]), ...scores('b', [1, 1])], 'verdict on i1'],
    ['an item that one method lacks', [...scores('a', [1]), ...scores('b', [1, 1])], 'same items'],
    ['an item that the baseline lacks', [...scores('a', [1, 0]), ...scores('b', [1])], 'same items'],
    ['an item twice', [...scores('a', [1]), ...scores('a', [1]), ...scores('b', [1])], 'once for seed'],
    ['no items', [], 'same items'],
  ])('fails on %s', (_, all, message) => {
    expect(() => reportPaired(all, ['a', 'b'], 'b')).toThrow(message)
  })

  it('fails on lost rows, where a mean over those at hand would not (D9: logs with 148 of 160 rows were averaged)', () => {
    const all = [...scores('a', Array(160).fill(1)), ...scores('b', Array(160).fill(0))]
    expect(reportPaired(all, ['a', 'b'], 'b').methods[0]?.items).toBe(160)
    const lost = all.filter(({ method }, index) => method === 'b' || index < 148)
    expect(() => reportPaired(lost, ['a', 'b'], 'b')).toThrow('same items')
  })
})

import { describe, expect, it } from 'vitest'
import { scoresOfItems } from './item-verdicts.ts'

const items = ['a', 'b', 'c']
const passed = (item: string) => ({ item, passed: item !== 'b' })

describe('verdicts of items (D9: logs with 148 of 160 rows were averaged)', () => {
  it('are in the order of the items', () => {
    expect(scoresOfItems(items, ['c', 'b', 'a'].map(passed))).toEqual([1, 0, 1])
  })

  it.each([
    ['an item without a verdict', ['a', 'b']],
    ['an item with two', ['a', 'b', 'c', 'a']],
    ['a verdict on no item', ['a', 'b', 'c', 'd']],
  ])('refuses %s, where a mean over the rows at hand would not', (_, rows) => {
    const verdicts = rows.map(passed)
    const meanOfRows = verdicts.filter((row) => row.passed).length / verdicts.length
    expect(meanOfRows).toBeGreaterThan(0)
    expect(() => scoresOfItems(items, verdicts)).toThrow('report')
  })
})

import { describe, expect, it } from 'vitest'
import { reportCategory, wilsonInterval } from './report.ts'

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

it('sums up a category', () => {
  const one = { id: 'x', category: 'multiple', promptTokens: 5, generatedTokens: 2 } as const
  const fault = { kind: 'wrong-value', message: '' } as const
  const results = [
    { ...one, fault: undefined },
    { ...one, fault },
    { ...one, fault },
  ]
  const report = reportCategory('multiple', results, 1.5)
  expect(report).toMatchObject({ right: 1, items: 3, faults: { 'wrong-value': 2 }, seconds: 1.5, generatedTokens: 6 })
})

import { expect, it } from 'vitest'
import { reportCategory } from './report.ts'

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

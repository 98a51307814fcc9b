import { expect, it } from 'vitest'
import { calculate } from './calculate.ts'

it.each([
  ['17 * 23', 391],
  ['2 + 3 * 4', 14],
  ['(2 + 3) * 4', 20],
  ['2 ^ 3 ^ 2', 512],
  ['-2 ^ 2', -4],
  ['2 ** -1', 0.5],
  ['10 - 4 - 3', 3],
  ['7 % 4 / 2', 1.5],
  ['1e3 × .5 − 1', 499],
])('%s is %d', (expression, value) => {
  expect(calculate(expression)).toBe(value)
})

it.each(['', '2 +', '2 2', '(1', 'process.exit()', '2 + x', '1)', '('.repeat(200)])('refuses %j', (expression) => {
  expect(() => calculate(expression)).toThrow('calculate')
})

/** What is certain, against the numbers themselves. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decimalOf } from './decimal.ts'
import { estimate } from './number-estimate.ts'

const mostDigits = 4
const bound = fc.option(fc.constantFrom(-1200, -35, -1, -0.5, 0, 0.25, 1, 7, 20, 85, 99.5, 640, 9999), {
  nil: undefined,
})
const prefixes = fc.constantFrom('0', '-0', '5', '-5', '12', '85', '999', '1000', '0.', '0.2', '-1.', '20.5', '99.5')

it('says nothing that is not so', () => {
  fc.assert(
    fc.property(prefixes, bound, bound, fc.constantFrom(undefined, 1, 3, 16, 0.25), (prefix, low, high, step) => {
      const steps = step === undefined ? [] : [decimalOf(step)]
      const range = {
        low: low === undefined ? undefined : decimalOf(low),
        high: high === undefined ? undefined : decimalOf(high),
        steps,
      }
      const found = estimate(prefix, range, mostDigits)
      const fits = numbersFrom(prefix).some(
        (value) =>
          value >= (low ?? -Infinity) && value <= (high ?? Infinity) && (step === undefined || value % step === 0),
      )
      if (found === 'yes') expect(fits).toBe(true)
      if (found === 'no') expect(fits).toBe(false)
    }),
    { numRuns: 2000 },
  )
})

it.each([
  ['5', 'yes'],
  ['123', 'no'],
  ['-1', 'no'],
])('tells about %s between 20 and 8500 what it is', (prefix, expected) => {
  expect(estimate(prefix, { low: decimalOf(20), high: decimalOf(prefix === '5' ? 8500 : 85), steps: [] }, 20)).toBe(
    expected,
  )
})

/** Numbers that continue the prefix, on a grid of quarters. */
function numbersFrom(prefix: string): number[] {
  const numbers: number[] = []
  for (let quarter = -9999 * 4; quarter <= 9999 * 4; quarter++) {
    const value = quarter / 4
    const sign = value < 0 || (value === 0 && prefix.startsWith('-')) ? '-' : ''
    const whole = `${sign}${Math.abs(value)}`
    const written = whole.includes('.') ? `${whole}00` : prefix.includes('.') ? `${whole}.00` : whole
    if (written.startsWith(prefix)) numbers.push(value)
  }
  return numbers
}

import { expect, it } from 'vitest'
import { plainNumbers } from './plain-numbers.ts'

it.each([
  ['pays $2,000,000, then 1,500.', 'pays $2000000, then 1500.'],
  ['flows [200,300,400] and (100,200)', 'flows [200,300,400] and (100,200)'],
  ['1,2,3 and 12,34', '1,2,3 and 12,34'],
  ['at 4.5% or 10 percent', 'at 4.5% (0.045) or 10 percent (0.1)'],
  ['100% and 0.5 %', '100% (1) and 0.5 % (0.005)'],
  ['213 million people on 8.5 million km', '213 million (213000000) people on 8.5 million (8500000) km'],
  ['2.25 thousand', '2.25 thousand (2250)'],
])('%s', (text, expected) => expect(plainNumbers(text)).toBe(expected))

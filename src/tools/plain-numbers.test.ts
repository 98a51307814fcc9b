import { expect, it } from 'vitest'
import { plainNumbers } from './plain-numbers.ts'

it.each([
  ['pays $2,000,000, then 1,500.', 'pays $2000000, then 1500.'],
  ['flows [200,300,400] and (100,200)', 'flows [200,300,400] and (100,200)'],
  ['1,2,3 and 12,34', '1,2,3 and 12,34'],
])('%s', (text, expected) => expect(plainNumbers(text)).toBe(expected))

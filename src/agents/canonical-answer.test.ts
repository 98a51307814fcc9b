import { expect, it } from 'vitest'
import { canonicalAnswer } from './canonical-answer.ts'

it.each([
  ['17 * 23 = 391, so the answer is 391.', '391'],
  ['Step 1: 40\nStep 2: 20\n**Answer: 1,060 km**', '1060'],
  ['The answer is $12.50', '12.5'],
  ['It is −3? No.\nThe final answer is: -3', '-3'],
  ['I think\nParis.', 'paris'],
  ['The answer is "the Nile".', 'nile'],
  ['Answer: yes\nAnswer: No!', 'no'],
  ['So it is \\boxed{42}', '42'],
  ['between 3 and 5', 'between 3 and 5'],
  ['答えは４２です', '42'],
  ['...', undefined],
  ['', undefined],
])('%j comes to %j', (text, expected) => {
  expect(canonicalAnswer(text)).toBe(expected)
})

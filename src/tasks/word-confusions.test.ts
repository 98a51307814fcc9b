import { expect, it } from 'vitest'
import { confusionsOf } from './word-confusions.ts'
import { applyEdits } from './word-diff.ts'

it.each([
  ['She have two cats.', 'She has two cats.'],
  ['Yesterday she goed home.', 'Yesterday she went home.'],
  ['He has ate it.', 'He has eaten it.'],
  ['Their late.', "They're late."],
  ['I look forward to meet you.', 'I look forward to meeting you.'],
  ['She sings beautiful.', 'She sings beautifully.'],
  ['Two citys lie there.', 'Two cities lie there.'],
  ['I can to swim.', 'I can swim.'],
  ['It depends of you.', 'It depends on you.'],
  ['The film was so bored.', 'The film was so boring.'],
])('thinks of the correction of %j', (wrong, right) => {
  const variants = confusionsOf(wrong).map((edit) => applyEdits(wrong, [edit]))
  expect(variants).toContain(right)
  expect(variants).not.toContain(wrong)
})

it('names the words that it replaces', () => {
  const sentence = 'We was there, at the lake.'
  for (const { start, end, original } of confusionsOf(sentence)) expect(sentence.slice(start, end)).toBe(original)
})

import { describe, expect, it } from 'vitest'
import { readCalls } from './read-calls.ts'

const names = ['f', 'math_sum']

describe('readCalls', () => {
  it.each([
    ['a bare list', '[{"name": "f", "arguments": {"a": 1}}]', [{ name: 'f', arguments: { a: 1n } }]],
    ['an object in prose', 'Sure: {"name": "f", "parameters": {"a": 1.0}} Done.', [{ name: 'f', arguments: { a: 1 } }]],
    ['a code block', '```json\n[{"name": "f", "arguments": {}}]\n```', [{ name: 'f', arguments: {} }]],
    [
      "OpenAI's form",
      '{"function": {"name": "f", "arguments": "{\\"a\\": true}"}}',
      [{ name: 'f', arguments: { a: true } }],
    ],
    ['brackets in strings', '[{"name": "f", "arguments": {"a": "]}"}}]', [{ name: 'f', arguments: { a: ']}' } }]],
    [
      'Python',
      "[f(a=1, b='it\\'s'), math_sum(numbers=[1, -2.5], exact=True, meta={'x': None})]",
      [
        { name: 'f', arguments: { a: 1n, b: "it's" } },
        { name: 'math_sum', arguments: { numbers: [1n, -2.5], exact: true, meta: { x: null } } },
      ],
    ],
  ])('%s', (_, text, calls) => expect(readCalls(text, names)).toEqual({ calls }))

  it('prose is no call, a broken one is unreadable', () => {
    expect(readCalls('The answer is 4 (four).', names)).toEqual({ calls: [] })
    expect(readCalls('[{"name": "math_sum", "arguments": {', names).unreadable).toBeDefined()
    expect(readCalls('math_sum(1, 2)', names).unreadable).toBeDefined()
  })
})

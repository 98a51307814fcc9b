import { expect, it } from 'vitest'
import { parsePythonJson } from './python-json.ts'

it('reads what Python writes for numbers that are none, and leaves texts alone', () => {
  const text = '{"time_step_limit": [0.0, Infinity], "low": -Infinity, "no": NaN, "text": "Infinity \\" NaN"}'
  expect(parsePythonJson(text)).toEqual({
    time_step_limit: [0, Infinity],
    low: -Infinity,
    no: null,
    text: 'Infinity " NaN',
  })
})

it('refuses what is no JSON, also in any other spelling', () => {
  for (const text of ['', '{', '[Infinit]', '{"a": InfinityNaN}', "{'a': 1}"]) {
    expect(() => parsePythonJson(text)).toThrow(SyntaxError)
  }
})

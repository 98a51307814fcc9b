import { expect, it } from 'vitest'
import { checkParameters, checkSchema, nameProblem } from './validation.ts'

it('takes objects as schemas, and schemas of objects as parameters', () => {
  expect(checkSchema('{"type":"string"}').ok).toBe(true)
  expect(checkParameters('{"type":"object"}').ok).toBe(true)
  expect(checkSchema('[]')).toMatchObject({ ok: false, problem: expect.stringContaining('object') })
  expect(checkParameters('{"type":"string"}')).toMatchObject({
    ok: false,
    problem: expect.stringContaining('"object"'),
  })
  expect(checkParameters('{')).toMatchObject({ ok: false, problem: expect.stringMatching(/^Line 1/) })
})

it('wants names that the interface allows, each once', () => {
  expect(nameProblem('get_weather-2', ['other'])).toBeUndefined()
  for (const name of ['', 'get weather', 'ä', 'x'.repeat(65)]) expect(nameProblem(name, [])).toContain('1 to 64')
  expect(nameProblem('a', ['a'])).toContain('Another')
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createJsonMeter } from './json-meter.ts'

const measure = (text: string, chunk = Infinity) => {
  const take = createJsonMeter()
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += chunk) take(bytes.subarray(at, at + chunk))
}

it('lets depth and brackets within texts pass, wherever the chunks are cut', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 20 }), fc.integer({ min: 1, max: 7 }), (text, chunk) => {
      expect(() => measure(text, chunk)).not.toThrow()
    }),
  )
  measure(JSON.stringify({ a: `${'[{'.repeat(1000)}"\\"${','.repeat(300_000)}` }))
  measure(`${'['.repeat(200)}${']'.repeat(200)}`)
})

it.each([
  ['depth', `${'['.repeat(201)}`],
  ['depth of objects', '{"a":'.repeat(201)],
  ['many values', `[${'1,'.repeat(250_001)}`],
  ['many lists', `[${'[]'.repeat(250_001)}`],
])('refuses %s', (_, text) => {
  expect(() => measure(text)).toThrow(/more than/)
})

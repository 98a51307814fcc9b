import { expect, it } from 'vitest'
import { narrowParameters } from './narrow-parameters.ts'

const text = { type: 'string', pattern: '^[^\\s,]' }

it('asks for something where something is required, and for members that differ', () => {
  const texts = { type: 'array', items: { type: 'string' } } as const
  const narrowed = narrowParameters({
    type: 'object',
    properties: { name: { type: 'string' }, note: { type: 'string' }, tags: texts, more: texts },
    required: ['name', 'tags'],
  })
  expect(narrowed['properties']).toEqual({
    name: text,
    note: text,
    tags: { type: 'array', items: text, minItems: 1, uniqueItems: true },
    more: { type: 'array', items: text, uniqueItems: true },
  })
})

it('goes into objects', () => {
  const inner = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] } as const
  expect(narrowParameters({ type: 'object', properties: { inner } })['properties']).toEqual({
    inner: { ...inner, properties: { a: text } },
  })
})

it('leaves alone what has bounds of its own, and what is no plain schema', () => {
  const properties = {
    a: { type: 'string', maxLength: 0 },
    b: { type: 'array', items: { type: 'string' }, maxItems: 0 },
    c: { anyOf: [{ type: 'string' }] },
    d: true,
    e: { type: 'array', items: { type: 'string', enum: ['x'] }, minItems: 2 },
  }
  const schema = { type: 'object', properties, required: ['a', 'b', 'c', 'd', 'e'] }
  expect(narrowParameters(schema)).toEqual(schema)
})

import { expect, it } from 'vitest'
import { holdLeftover } from './hold-leftover.ts'

const left = { numbers: [5, 0.5], texts: ['Los Angeles'] }

function demandOn(schema: object, { every = false } = {}) {
  return holdLeftover({ type: 'object', properties: { a: schema } } as never, { parameters: { a: left }, every })
}

function valueOf(schema: object): unknown {
  const [demand] = demandOn(schema, { every: true })
  return (demand?.['properties'] as { readonly a?: unknown } | undefined)?.a
}

it('asks for a leftover value in the form of each type', () => {
  expect(valueOf({ type: 'integer' })).toEqual({ enum: [5] })
  expect(valueOf({ type: 'number' })).toEqual({ enum: [5, 0.5] })
  expect(valueOf({ type: 'array', items: { type: 'integer' } })).toEqual({ contains: { enum: [5] } })
  expect(valueOf({ type: 'string', enum: ['New York', 'Los Angeles'] })).toEqual({ enum: ['Los Angeles'] })
  const { pattern } = valueOf({ type: 'string' }) as { readonly pattern: string }
  const fits = (text: string): boolean => new RegExp(pattern, 'u').test(text)
  expect(['Los Angeles, CA', 'size 5', '0.5'].filter(fits)).toHaveLength(3)
  expect(['New York', 'from Los Angeles', '15', '50', '1.5'].filter(fits)).toEqual([])
})

it('takes characters of a text as they are', () => {
  const [demand] = holdLeftover(
    { type: 'object', properties: { a: { type: 'string' } } },
    {
      parameters: { a: { numbers: [], texts: ['x^2 (1+1)?'] } },
      every: true,
    },
  )
  const { pattern } = (demand['properties'] as { readonly a: { readonly pattern: string } }).a
  expect(new RegExp(pattern, 'u').test('x^2 (1+1)? + 1')).toBe(true)
})

it('asks nothing of schemas in which it may leave no value, and nothing where no parameter could hold one', () => {
  for (const schema of [
    { type: 'integer', maximum: 3 },
    { type: 'string', format: 'date' },
    { $ref: '#/$defs/a' },
    { type: 'boolean' },
    { type: 'string', enum: ['New York'] },
  ]) {
    expect(demandOn(schema)).toEqual([])
  }
  const properties = { a: { type: 'integer' } }
  const asked = { parameters: { a: left }, every: false }
  expect(holdLeftover({ type: 'object', properties, maxProperties: 0 }, asked)).toEqual([])
  expect(holdLeftover({ type: 'object', properties: { b: { type: 'integer' } } }, asked)).toEqual([])
})

it('asks for one of several, or for every one', () => {
  const schema = { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'integer' } } } as const
  const parameters = { a: left, b: left }
  expect(holdLeftover(schema, { parameters, every: true })).toHaveLength(2)
  const [one, ...others] = holdLeftover(schema, { parameters, every: false })
  expect([(one['anyOf'] as unknown[]).length, others.length]).toEqual([2, 0])
})

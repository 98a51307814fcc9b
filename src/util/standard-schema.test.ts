import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { isStandardSchema, jsonSchemaOf, readWithSchema } from './standard-schema.ts'

const schemas = {
  zod: z.object({ city: z.string() }),
  valibot: toStandardJsonSchema(v.object({ city: v.string() })),
  arktype: type({ city: 'string' }),
}

describe.each(Object.entries(schemas))('a schema of %s', (_, schema) => {
  it('becomes the JSON schema that all three mean', () => {
    const { type: kind, properties, required } = jsonSchemaOf(schema)
    expect({ kind, properties, required }).toEqual({
      kind: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
    })
  })

  it('reads values, and says what is wrong with one', async () => {
    expect(await readWithSchema(schema, { city: 'Bonn' })).toEqual({ city: 'Bonn' })
    await expect(readWithSchema(schema, { city: 7 })).rejects.toMatchObject({ code: 'invalid-argument' })
  })
})

it('takes a JSON schema as it is, and refuses a schema that cannot be told', () => {
  const plain = { type: 'object' } as const
  expect(isStandardSchema(plain)).toBe(false)
  expect(jsonSchemaOf(plain)).toBe(plain)
  expect(() => jsonSchemaOf(v.string())).toThrow(/toStandardJsonSchema/)
})

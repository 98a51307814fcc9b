/** The libraries themselves: what they say as JSON Schema, and how they judge. */
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as valibot from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { isStandardSchema, jsonSchemaOf, type StandardSchema, validateStandard } from './standard-schema.ts'

const fromZod = z.object({ city: z.string().min(1), days: z.int().max(14).default(3) })
const fromValibot = toStandardJsonSchema(
  valibot.object({
    city: valibot.pipe(valibot.string(), valibot.minLength(1)),
    days: valibot.optional(valibot.pipe(valibot.number(), valibot.integer(), valibot.maxValue(14)), 3),
  }),
)
const fromArktype = type({ city: 'string >= 1', days: 'number.integer <= 14 = 3' })

describe.each([
  ['zod', fromZod],
  ['valibot', fromValibot],
  ['arktype', fromArktype],
] as const)('%s', (_, schema) => {
  it('is known by its interface', () => expect(isStandardSchema(schema)).toBe(true))

  it('says what a model has to write', () => {
    expect(jsonSchemaOf(schema)).toMatchObject({
      type: 'object',
      properties: { city: { type: 'string', minLength: 1 }, days: { type: 'integer', maximum: 14 } },
      required: ['city'],
    })
  })

  it('fills in defaults, and names every fault with its place', async () => {
    expect(await validateStandard(schema, { city: 'Bonn' })).toEqual({ city: 'Bonn', days: 3 })
    await expect(validateStandard(schema, { city: 'Bonn', days: 15 })).rejects.toMatchObject({
      code: 'invalid-argument',
      fields: { issues: [{ path: ['days'] }] },
    })
  })
})

describe('a schema without the JSON Schema part', () => {
  it('is converted by an older method', () => {
    const { version, vendor, validate } = fromZod['~standard']
    const older = { '~standard': { version, vendor, validate }, toJSONSchema: () => ({ type: 'string' }) }
    expect(jsonSchemaOf(older)).toEqual({ type: 'string' })
  })

  it('is refused with what to do', () => {
    expect(() => jsonSchemaOf(valibot.string())).toThrow(/toStandardJsonSchema/)
    const other: StandardSchema = { '~standard': { version: 1, vendor: 'other', validate: (value) => ({ value }) } }
    expect(() => jsonSchemaOf(other)).toThrow(/Give its JSON Schema/)
  })
})

it('refuses types that JSON does not have', () => {
  expect(() => jsonSchemaOf(z.object({ when: z.date() }))).toThrow(
    expect.objectContaining({ code: 'unsupported', message: expect.stringMatching(/zod's refusal: Date/) }),
  )
})

it.each([
  [undefined],
  [null],
  ['text'],
  [{}],
  [{ '~standard': null }],
  [{ '~standard': { version: 2, validate() {} } }],
])('does not take %j for a schema', (value) => expect(isStandardSchema(value)).toBe(false))

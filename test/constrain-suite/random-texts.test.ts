/** Random texts of the schemas of the suites, judged by two validators that know nothing of the engine. */
import { registerSchema, unregisterSchema, validate } from '@hyperjump/json-schema/draft-2020-12'
import { Ajv, type AnySchema } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { readSchemaTests, type SchemaTests, sharedSchemaData } from '../../bench/schema-tests.ts'
import type { Grammar } from '../../src/constrain/grammar.ts'
import { compileJsonSchema } from '../../src/constrain/json-schema/index.ts'
import { OstroError } from '../../src/util/error.ts'
import type { JsonValue } from '../../src/util/json.ts'
import { randomText } from './random-walk.ts'

const suite = sharedSchemaData('test-suite-2020-12.jsonl')
const maskbench = sharedSchemaData('maskbench-dev.jsonl.gz')
const seeds = [1, 2, 3, 4]
const textLength = 120

/** Where a validator is known to be wrong, with what about. */
const exceptions: Readonly<Record<string, string>> = {
  'properties#5': 'ajv takes `constructor` of the prototype for a member',
  'unevaluatedProperties#39': 'ajv overlooks members that `if` alone evaluates',
}

describe.skipIf(suite === undefined)('texts of the JSON Schema suite', () => {
  const items = suite === undefined ? [] : readSchemaTests(suite)
  const required = items.filter(({ id }) => !id.startsWith('optional/') && !(id in exceptions))

  test('are valid by ajv', () => {
    // Its dynamic references differ from the suite, and it computes steps in doubles.
    const known = required.filter(
      ({ schema }, index) => index % 2 === 0 && !/dynamicRef|dynamicAnchor|multipleOf/.test(schema),
    )
    expect(known.flatMap((item) => faults(item, ajvFor(item)))).toEqual([])
  })

  test('are valid by @hyperjump/json-schema', async () => {
    const found: string[] = []
    for (const item of required.filter((_, index) => index % 3 === 0)) found.push(...(await hyperjumpFaults(item)))
    expect(found).toEqual([])
  })
})

describe.skipIf(maskbench === undefined)('texts of a sample of MaskBench', () => {
  test('are valid by ajv', () => {
    const items = maskbench === undefined ? [] : readSchemaTests(maskbench)
    const sample = items.filter(({ schema }, index) => index % 60 === 7 && !/draft-04|multipleOf/.test(schema))
    expect(sample.flatMap((item) => faults(item, ajvFor(item)))).toEqual([])
  })
})

/** Texts that have no end, are no JSON, or are not valid. */
function faults(item: SchemaTests, isValid: (value: JsonValue) => boolean): string[] {
  return textsOf(item).flatMap(({ text, stuck }) => {
    if (stuck) return [`${item.id}: stuck after ${text}`]
    return isValid(JSON.parse(text) as JsonValue) ? [] : [`${item.id}: not valid ${text}`]
  })
}

function textsOf({ schema }: SchemaTests): { readonly text: string; readonly stuck: boolean }[] {
  let grammar: Grammar
  try {
    grammar = compileJsonSchema(JSON.parse(schema) as JsonValue)
  } catch (error) {
    if (error instanceof OstroError) return []
    throw error
  }
  return seeds.map((seed) => randomText(grammar, seed, textLength)).filter(({ text }) => text !== '')
}

/** Accepts everything for a schema that ajv itself cannot take. */
function ajvFor({ schema }: SchemaTests): (value: JsonValue) => boolean {
  const newest = !schema.includes('draft-07') && !schema.includes('draft-06')
  const ajv = new (newest ? Ajv2020 : Ajv)({ strict: false, logger: false })
  addFormats.default(ajv)
  const parsed = JSON.parse(schema) as JsonValue
  try {
    const check = ajv.compile(withoutDialect(parsed))
    return (value) => check(value) === true
  } catch {
    return () => true
  }
}

/** Ajv knows only the address of its own dialect. */
function withoutDialect(schema: JsonValue): AnySchema {
  if (typeof schema !== 'object' || schema === null) return schema === true
  const { $schema: _, ...rest } = schema as Record<string, JsonValue>
  return rest
}

async function hyperjumpFaults(item: SchemaTests): Promise<string[]> {
  const parsed = JSON.parse(item.schema) as JsonValue
  if (typeof parsed !== 'object' || /"\$id"|http:\/\/localhost/.test(item.schema)) return []
  const address = `https://example.test/${encodeURIComponent(item.id)}`
  registerSchema({ ...parsed, $schema: 'https://json-schema.org/draft/2020-12/schema' } as never, address)
  try {
    const check = await validate(address)
    return faults(item, (value) => check(value as never).valid)
  } finally {
    unregisterSchema(address)
  }
}

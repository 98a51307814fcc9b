/** Every number, text and list of every body, as the app's own document lists them, with values that no code should meet. */
import { describe, expect, it } from 'vitest'
import { httpClient } from '../../test/support/http-client.ts'
import { scriptedModel, scriptedPool } from '../../test/support/scripted-model.ts'
import { createApp } from './app.ts'
import type { OpenApiDocument } from './openapi.ts'

type Schema = Readonly<Record<string, unknown>>

const app = createApp({ models: scriptedPool(scriptedModel()) })
const client = httpClient(app)
const document = (await (await app.request('/openapi.json')).json()) as OpenApiDocument

/** The least body that each endpoint takes. */
const bases: Readonly<Record<string, object>> = {
  '/v1/chat/completions': { messages: [{ role: 'user', content: 'hi' }] },
  '/v1/completions': { prompt: 'hi' },
  '/v1/embeddings': { input: 'hi' },
  '/v1/rerank': { query: 'hi', documents: ['a'], method: 'embedding' },
  '/v1/responses': { input: 'hi' },
  '/v1/messages': { max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] },
  '/api/chat': { model: 'scripted', messages: [{ role: 'user', content: 'hi' }], stream: false },
  '/api/generate': { model: 'scripted', prompt: 'hi', stream: false },
  '/tokenize': { content: 'hi' },
  '/detokenize': { tokens: [104] },
  '/apply-template': { messages: [{ role: 'user', content: 'hi' }] },
  '/api/pull': { model: 'scripted' },
}

/** Accepted without effect, whatever they are. */
const unread = ['cache_control']
/** Whole numbers of which any is a meaning: the same seed, the same text. */
const unbounded = ['seed']

/** Numbers of seconds that may also be texts. */
const durations = ['keep_alive']

const extremes = [
  '-1',
  '0.5',
  '-0.5',
  '2147483648',
  '-2147483648',
  '9007199254740992',
  '1e308',
  '-1e308',
  '1e999',
  '"1"',
  'true',
]

describe.each(Object.entries(bases))('%s', (path, base) => {
  const numbers = Object.entries(propertiesOf(path)).filter(([, schema]) => numberSchema(schema) !== undefined)

  it('has numbers with bounds only', () => {
    for (const [name, schema] of numbers) {
      if (unbounded.includes(name)) continue
      const { minimum, maximum, exclusiveMinimum } = numberSchema(schema) ?? {}
      expect([name, typeof (minimum ?? exclusiveMinimum), typeof maximum]).toEqual([name, 'number', 'number'])
      expect(maximum).toBeLessThanOrEqual(2 ** 20)
    }
  })

  it.each(numbers.map(([name, schema]) => [name, schema] as const))(
    '%s: what is out of bounds is 400',
    async (name, schema) => {
      const { type, minimum, maximum, exclusiveMinimum } = numberSchema(schema) ?? {}
      for (const text of extremes) {
        if (text === '"1"' && durations.includes(name)) continue
        const value = JSON.parse(text) as unknown
        const legal =
          typeof value === 'number' &&
          (type === 'number' || Number.isSafeInteger(value)) &&
          !(value < (minimum ?? -Infinity) || value > (maximum ?? Infinity) || value <= (exclusiveMinimum ?? -Infinity))
        const body = `${JSON.stringify(base).slice(0, -1)},${JSON.stringify(name)}:${text}}`
        const { status, text: told } = await client.post(path, body)
        if (legal) {
          // Legal alone, but it may need another field beside it.
          expect([200, 400]).toContain(status)
          continue
        }
        expect([name, text, status]).toEqual([name, text, 400])
        expect(told).toContain(name)
      }
    },
  )

  it('takes no list or text without end', async () => {
    for (const name of Object.keys(propertiesOf(path))) {
      for (const value of [Array.from({ length: 20_000 }, () => 'x'), Array.from({ length: 20_000 }, () => [])]) {
        const { status } = await client.post(path, { ...base, [name]: value })
        expect([name, status]).toEqual([name, unread.includes(name) ? 200 : 400])
      }
    }
  })

  it('nests no deeper than it can follow', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    for (const name of Object.keys(propertiesOf(path))) {
      const { status } = await client.post(path, `{${JSON.stringify(name)}:${deep}}`)
      expect([name, status]).toEqual([name, 400])
    }
  })
})

function propertiesOf(path: string): Record<string, Schema> {
  const operation = document.paths[path]['post'] as { requestBody: { content: Record<string, { schema: Schema }> } }
  const { schema } = operation.requestBody.content['application/json']
  return resolve(schema)['properties'] as Record<string, Schema>
}

function resolve(schema: Schema): Schema {
  const reference = schema['$ref']
  if (typeof reference !== 'string') return schema
  return document.components.schemas[reference.slice('#/components/schemas/'.length)] as Schema
}

interface NumberSchema {
  readonly type: 'number' | 'integer'
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
}

/** The number among the alternatives of a field. */
function numberSchema(schema: Schema): NumberSchema | undefined {
  const { type, anyOf } = resolve(schema)
  if (type === 'number' || type === 'integer') return schema as unknown as NumberSchema
  return ((anyOf ?? []) as Schema[]).map(numberSchema).find((found) => found !== undefined)
}

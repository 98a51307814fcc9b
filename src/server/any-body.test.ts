/** Any JSON in any field: an answer or a refusal that the document knows, never a failure of the server. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { httpClient } from '../../test/support/http-client.ts'
import { sampleOf } from '../../test/support/sample-of-schema.ts'
import { scriptedModel, scriptedPool } from '../../test/support/scripted-model.ts'
import { createApp } from './app.ts'
import { endpoints } from './endpoints/index.ts'
import type { OpenApiDocument } from './openapi.ts'

const failures: unknown[] = []
const app = createApp({ models: scriptedPool(scriptedModel()), log: ({ error }) => failures.push(error) })
const client = httpClient(app)

const hi = [{ role: 'user', content: 'hi' }]
const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' }
const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } }

/** A rich body for each endpoint, whose parts are then replaced. */
const bodies: Readonly<Record<string, object>> = {
  '/v1/chat/completions': {
    messages: [...hi, { role: 'assistant', content: 'a' }],
    tools: [tool],
    tool_choice: 'auto',
  },
  '/v1/completions': { prompt: 'hi', logprobs: 1, stop: ['x'] },
  '/v1/embeddings': { input: ['hi'] },
  '/v1/rerank': { query: 'hi', documents: ['a', { text: 'b' }], top_n: 1, method: 'embedding' },
  '/v1/responses': {
    input: [
      ...hi,
      call,
      { type: 'function_call_output', call_id: 'c', output: 'x' },
      { type: 'reasoning', summary: [] },
    ],
    tools: [
      { type: 'function', name: 'f', parameters: {} },
      { type: 'custom', name: 'g' },
    ],
    text: { format: { type: 'json_schema', name: 'x', schema: {} } },
    reasoning: { effort: 'low' },
  },
  '/v1/responses/input_tokens': { input: hi, tools: [{ type: 'function', name: 'f' }] },
  '/v1/messages': {
    max_tokens: 9,
    system: [{ type: 'text', text: 's' }],
    messages: [
      ...hi,
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'x' }] },
    ],
    tools: [{ name: 'f', input_schema: { type: 'object' } }],
    tool_choice: { type: 'tool', name: 'f' },
    thinking: { type: 'adaptive' },
    output_config: { effort: 'low' },
  },
  '/v1/messages/count_tokens': { messages: hi, tools: [{ name: 'f', input_schema: {} }] },
  '/api/chat': {
    messages: [...hi, { role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: {} } }] }],
    tools: [tool],
    options: { temperature: 0.5, stop: ['x'] },
    format: 'json',
  },
  '/api/generate': { prompt: 'hi', system: 's', options: { num_predict: 4 } },
  '/api/embed': { input: ['hi'] },
  '/api/embeddings': { prompt: 'hi' },
  '/api/show': { model: 'scripted' },
  '/tokenize': { content: 'hi' },
  '/detokenize': { tokens: [104] },
  '/apply-template': { messages: hi, tools: [tool] },
  '/api/pull': { model: 'scripted' },
}

it('knows a body for every endpoint that takes one', () => {
  const paths = endpoints.filter(({ body }) => body !== undefined).map(({ path }) => path)
  expect(Object.keys(bodies).toSorted()).toEqual(paths.toSorted())
})

/** Tasks and agents, each with the least body that its own schema takes. */
const { paths, components } = (await client.get('/openapi.json')).json as OpenApiDocument
const runs = Object.entries(paths).flatMap(([path, { post }]) => {
  if (!/^\/v1\/(tasks|agents)\//.test(path)) return []
  const { schema } = (post as { requestBody: { content: { 'application/json': { schema: object } } } }).requestBody
    .content['application/json']
  return [[path, { ...(sampleOf(schema, components.schemas) as object), budget: { modelCalls: 4 } }] as const]
})

it('knows the tasks', () => expect(runs.length).toBeGreaterThan(2))

describe.each([...Object.entries(bodies), ...runs])('%s', (path, body) => {
  it.runIf(path in bodies)('takes the body as it is', async () => {
    const { status, text } = await client.post(path, body)
    expect([status, text]).toEqual([200, text])
  })

  it('answers or refuses, whatever stands anywhere in it', async () => {
    const places = placesOf(body)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 2 }), async (place, value) => {
        const { status } = await client.post(path, replaced(body, place, value))
        expect(status).toBeLessThan(500)
      }),
      { numRuns: path in bodies ? 150 : 60, seed: 7 },
    )
    expect(failures).toEqual([])
  })
})

type Place = readonly (string | number)[]

/** Every value within, and a field that is not there. */
function placesOf(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [[]]
  const inner = Object.entries(value).flatMap(([name, part]) => placesOf(part).map((place) => [name, ...place]))
  return [[], ['unknown'], ...inner]
}

function replaced(value: unknown, [step, ...rest]: Place, by: unknown): unknown {
  if (step === undefined) return by
  if (Array.isArray(value))
    return value.map((part, index) => (String(index) === step ? replaced(part, rest, by) : part))
  return { ...(value as object), [step]: replaced((value as Record<string, unknown>)[step], rest, by) }
}

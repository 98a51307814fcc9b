/** What every task and agent that the server offers keeps to: its body holds data, and nothing that leads elsewhere. */
import { describe, expect, it } from 'vitest'
import { httpClient } from '../../../test/support/http-client.ts'
import { sampleOf } from '../../../test/support/sample-of-schema.ts'
import { scriptedModel, scriptedPool } from '../../../test/support/scripted-model.ts'
import { studioTasks } from '../../../test/support/studio-steps.ts'
import { createApp } from '../app.ts'

interface Entry {
  readonly name: string
  readonly uses: readonly string[]
  readonly config: object
  readonly input: object
}

const client = httpClient(createApp({ models: scriptedPool(scriptedModel()) }))
const listed = await Promise.all(
  ['tasks', 'agents'].map(async (kind) => {
    const { json } = await client.get(`/v1/${kind}`)
    return (json as { data: Entry[] }).data.map((entry) => ({ ...entry, path: `/v1/${kind}/${entry.name}` }))
  }),
)
const entries = listed.flat()

const passage = { id: 'a', text: 'b', extra: 1 }

it.each([
  [
    'tasks/classify',
    { text: 'x' },
    { labels: ['a'], examples: [{ text: 'x', label: 'a', extra: 1 }] },
    'config.examples',
  ],
  ['tasks/sentiment', { text: 'x' }, { calibration: { temperature: 1, biases: {}, extra: 1 } }, 'config.calibration'],
  ['tasks/answer', { question: 'x', documents: [passage] }, {}, 'input.documents'],
  ['agents/loop', { task: 'x' }, { verifier: [{ kind: 'contains', text: 'x', extra: 1 }] }, 'config.verifier'],
  ['agents/reflexion', { task: 'x' }, { code: { functionName: 'f', extra: 1 } }, 'config.code'],
])('%s refuses by name what it does not know within a field', async (name, input, config, param) => {
  const { status, json } = await client.post(`/v1/${name}`, { input, config })
  expect([status, json]).toMatchObject([400, { error: { code: 'unknown_parameter' } }])
  expect((json as { error: { param: string } }).error.param).toMatch(new RegExp(`^${param}\\b.*\\bextra$`))
})

/** Names of all properties within a schema. */
function propertyNames(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([name, part]) =>
    name === 'properties'
      ? [...Object.keys(part as object), ...Object.values(part as object).flatMap(propertyNames)]
      : propertyNames(part),
  )
}

describe.each(entries)('$path', ({ name, uses, config, input, path }) => {
  it('has a name for addresses', () => expect(name).toMatch(/^[a-z][a-z0-9-]*$/))

  it('names no file, address, command or module', () => {
    const led = /^(url|uri|href|path|file(name)?|dir(ectory)?|folder|command|module|package|host|headers|secret)s?$/i
    expect([...propertyNames(config), ...propertyNames(input)].filter((property) => led.test(property))).toEqual([])
  })

  it('takes no source code, unless it says that it has a sandbox', () => {
    if (uses.includes('sandbox')) return
    const code = /^(code|script|expression|eval|function)s?$/i
    expect([...propertyNames(config), ...propertyNames(input)].filter((property) => code.test(property))).toEqual([])
  })

  it('refuses by name what it does not know, in its input and its config', async () => {
    const body = { input: sampleOf(input), config: sampleOf(config) } as Record<string, object>
    for (const field of ['input', 'config']) {
      const { status, json } = await client.post(path, { ...body, [field]: { ...body[field], extra_field: 1 } })
      expect([status, json]).toMatchObject([
        400,
        { error: { code: 'unknown_parameter', param: `${field}.extra_field` } },
      ])
    }
  })
})

it('runs no code of a request by default: Reflexion writes functions only where the server allows it', async () => {
  const body = { input: { task: 'Add two numbers.' }, config: { code: { functionName: 'add', examples: [] } } }
  const { status, json } = await client.post('/v1/agents/reflexion', body)
  expect([status, json]).toMatchObject([403, { error: { code: 'sandbox_not_allowed' } }])
})

it.each(studioTasks.map(({ name }) => name))('%s answers as the document says, whole and as a stream', async (name) => {
  const models = scriptedPool(scriptedModel(), scriptedModel({ name: 'encoder', kind: 'encoder' }))
  const told = httpClient(createApp({ models, tasks: studioTasks }))
  const entry = entries.find(({ path }) => path === `/v1/tasks/${name}`)
  const config = {
    ...(sampleOf(entry?.config ?? {}) as object),
    ...(name === 'classify' ? { labels: ['a', 'b'] } : {}),
  }
  const body = { input: sampleOf(entry?.input ?? {}), config, budget: { modelCalls: 20 } }
  const { status, json, text } = await told.post(`/v1/tasks/${name}`, body)
  expect([status, text]).toEqual([200, text])
  expect(json).toMatchObject({ object: 'run', name, output: {} })
  const { events, done } = await told.post(`/v1/tasks/${name}`, { ...body, stream: true })
  expect([done, events.at(-1)]).toMatchObject([true, { type: 'step-output', output: {} }])
})

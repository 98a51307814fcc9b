/** What agents of a server are lent by name: tools, a critic, and what they have learnt. */
import { describe, expect, it } from 'vitest'
import { httpClient } from '../../../test/support/http-client.ts'
import {
  endEvent,
  type ScriptOptions,
  scriptedModel,
  scriptedPool,
  toolCallEvents,
  words,
} from '../../../test/support/scripted-model.ts'
import { createMemory } from '../../agents/index.ts'
import { tool } from '../../tools/tool.ts'
import { createApp, type ServerOptions } from '../app.ts'
import { clockTool, lentTools } from './lent-tools.ts'

const path = '/v1/agents/loop'
const input = { task: 'What is 17 * 23?' }

/** Calls each of the tools once that it is lent, then answers with what they gave. */
const callsAll: ScriptOptions = {
  answer: ({ messages, options: { tools = [] } }) => {
    const results = (messages ?? []).filter(({ role }) => role === 'tool')
    if (results.length > 0 || tools.length === 0) {
      return words(results.length === 0 ? 'no tools' : results.map(({ content }) => String(content)).join(' and '))
    }
    const calls = tools.flatMap(({ function: { name } }, index) =>
      toolCallEvents(index, name, name === 'calculate' ? { expression: '17 * 23' } : {}),
    )
    return [...calls, endEvent('tool-calls', 2)]
  },
}

function serve(options: Partial<ServerOptions> = {}, script: ScriptOptions = callsAll) {
  const writer = scriptedModel(script)
  const critic = scriptedModel({
    name: 'critic',
    answer: () => words('{"issues":[],"score":3}'),
    score: (_, continuation) => (continuation.trim() === '3/10' ? 0 : -100),
  })
  const app = createApp({ models: scriptedPool(writer, critic), ...options })
  return { client: httpClient(app), writer, critic }
}

const listFiles = tool({ name: 'list_files', description: 'Lists.', run: () => 'a.txt' })
const removeFiles = tool({ name: 'remove_files', needsApproval: true, run: () => 'gone' })

describe('the loop on a server', () => {
  it('may call what is safe, and what the operator lends', async () => {
    const { client } = serve({ tools: [listFiles], agents: undefined })
    const { status, json } = await client.post(path, { input, config: { tools: ['calculate', 'list_files'] } })
    expect([status, json]).toMatchObject([200, { output: { text: '391 and a.txt' }, spent: { toolCalls: 2 } }])
    expect((await client.post(path, { input, config: { tools: [] } })).json).toMatchObject({
      output: { text: 'no tools' },
    })
  })

  it('is lent nothing that needs approval, for nobody is there to give it', async () => {
    const { client } = serve({ tools: [removeFiles] })
    const { status, json } = await client.post(path, { input, config: { tools: ['remove_files'] } })
    expect([status, json]).toMatchObject([400, { error: { param: 'config.tools[0]' } }])
    const { writer, client: other } = serve({ tools: [removeFiles] })
    await other.post(path, { input })
    expect(writer.calls[0].options.tools?.map((one) => one.function.name)).toEqual(['calculate', 'current_time'])
  })

  it('tells in its schema which tools there are', async () => {
    const { client } = serve({ tools: [listFiles] })
    const { json } = await client.get('/v1/agents')
    const entry = (json as { data: { name: string; config: unknown }[] }).data.find(({ name }) => name === 'loop')
    expect(entry?.config).toMatchObject({
      properties: { tools: { items: { enum: ['calculate', 'current_time', 'list_files'] } } },
    })
    const { json: description } = await client.get('/openapi.json')
    expect(JSON.stringify(description)).toContain('"list_files"')
  })

  it('refuses to start with two tools of one name', () => {
    expect(() => lentTools([listFiles, listFiles])).toThrow('got list_files twice')
  })
})

it('tells the time', async () => {
  const { run } = clockTool(() => Date.UTC(2026, 0, 1, 12))
  expect(run({} as never, {} as never)).toEqual({ time: '2026-01-01T12:00:00.000Z', day: 'Thursday' })
})

describe('a critic', () => {
  const drafts: ScriptOptions = { answer: () => words('A', ' draft.') }

  it('is another model of the server, by name', async () => {
    const { client, critic, writer } = serve({}, drafts)
    const body = { input: { task: 'Write.' }, config: { rounds: 1 }, critic: 'critic' }
    const { status, json } = await client.post('/v1/agents/reflection', body)
    expect([status, json]).toMatchObject([200, { output: { text: 'A draft.' } }])
    expect([critic.calls.length, writer.calls.length]).toEqual([1, 2])
  })

  it('that the server does not have is refused', async () => {
    const { client } = serve({}, drafts)
    const { status, json } = await client.post('/v1/agents/reflection', { input: { task: 'Write.' }, critic: 'gpt-9' })
    expect([status, json]).toMatchObject([404, { error: { code: 'model_not_found' } }])
    expect((await client.post(path, { input, critic: 'critic' })).status).toBe(400)
  })
})

describe('what reflexion has learnt', () => {
  const body = {
    input: { task: 'Name a month.' },
    config: { trials: 1, verifier: [{ kind: 'contains', text: 'May' }] },
  }
  const read = async (client: ReturnType<typeof httpClient>) => {
    const { events } = await client.post('/v1/agents/reflexion', { ...body, stream: true })
    return events.flatMap((event) => {
      const told = event as { type: string; reflections?: string[] }
      return told.type === 'memory-read' ? [told.reflections] : []
    })
  }

  it('is there in the next run', async () => {
    const { client } = serve({ memory: createMemory() }, { answer: () => words('June it is.') })
    expect(await read(client)).toEqual([[]])
    expect(await read(client)).toEqual([['June it is.']])
  })

  it('is nobody else’s', async () => {
    const memory = createMemory()
    const { client } = serve({ memory }, { answer: () => words('June it is.') })
    await read(client)
    expect(await memory.recall('Name a month.')).toEqual([])
    expect(await memory.recall(JSON.stringify(['anonymous', 'Name a month.']))).toHaveLength(1)
  })

  it('is forgotten where the server has no memory', async () => {
    const { client } = serve({}, { answer: () => words('June it is.') })
    await read(client)
    expect(await read(client)).toEqual([[]])
  })
})

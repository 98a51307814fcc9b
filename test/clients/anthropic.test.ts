/** Anthropic's official client on /v1/messages. */
import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { scriptedPool } from '../support/scripted-model.ts'
import { scriptedMind } from './support/scripted-mind.ts'
import { useTestServer } from './support/test-server.ts'

const input_schema = {
  type: 'object' as const,
  properties: { city: { type: 'string' } },
  required: ['city'],
}
const weather = { name: 'weather', description: 'The weather in a city', input_schema }
const time = { name: 'time', input_schema: { type: 'object' as const } }
const isWeather = new Ajv2020().compile(input_schema)

const mind = scriptedMind()
const server = useTestServer(() => scriptedPool(mind))
const client = () => new Anthropic({ baseURL: server.url, apiKey: 'none', maxRetries: 0, fetch: server.fetch })
const base = { model: 'scripted', max_tokens: 100 }
const say = (content: string) => [{ role: 'user' as const, content }]
const lastOptions = () => mind.calls.at(-1)!.options
const lastMessages = () => mind.calls.at(-1)!.messages!

describe('messages.create', () => {
  it('answers with a text block, reason and usage', async () => {
    const message = await client().messages.create({ ...base, messages: say('hello') })
    expect(message.content).toMatchObject([{ type: 'text', text: 'You said: hello' }])
    expect(message).toMatchObject({
      role: 'assistant',
      stop_reason: 'end_turn',
      stop_sequence: null,
      model: 'scripted',
    })
    expect(message.usage).toMatchObject({ input_tokens: 3, cache_read_input_tokens: 2, output_tokens: 3 })
  })

  it('takes the system text as a text and as blocks', async () => {
    for (const system of [
      'be brief',
      [
        { type: 'text' as const, text: 'be ' },
        { type: 'text' as const, text: 'brief', cache_control: { type: 'ephemeral' as const } },
      ],
    ]) {
      await client().messages.create({ ...base, system, messages: say('x') })
      expect(lastMessages()[0]).toEqual({ role: 'system', content: 'be brief' })
    }
  })

  it('reads blocks of text', async () => {
    await client().messages.create({
      ...base,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
      ],
    })
    expect(lastMessages()).toEqual([{ role: 'user', content: 'ab' }])
  })

  it('hands sampling on', async () => {
    await client().messages.create({ ...base, messages: say('x'), temperature: 0.2, top_p: 0.8, top_k: 12 } as never)
    expect(lastOptions()).toMatchObject({ temperature: 0.2, topP: 0.8, topK: 12, maxTokens: 100 })
  })

  it('says max_tokens where the limit cut the answer', async () => {
    const message = await client().messages.create({ ...base, max_tokens: 2, messages: say('one two') })
    expect(message).toMatchObject({ stop_reason: 'max_tokens', content: [{ text: 'You said: ' }] })
  })

  it('says which stop sequence ended the answer', async () => {
    const message = await client().messages.create({ ...base, stop_sequences: ['zzz', ' b'], messages: say('a b c') })
    expect(message).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: ' b',
      content: [{ text: 'You said: a' }],
    })
  })

  it('calls a tool with valid input', async () => {
    const message = await client().messages.create({ ...base, messages: say('x'), tools: [weather] })
    const [call] = message.content
    expect(message.stop_reason).toBe('tool_use')
    expect(call.type === 'tool_use' && isWeather(call.input)).toBe(true)
  })

  it('calls tools at once, and one alone when told so', async () => {
    const ask = (disable_parallel_tool_use: boolean) =>
      client().messages.create({
        ...base,
        messages: say('all tools'),
        tools: [weather, time],
        tool_choice: { type: 'auto', disable_parallel_tool_use },
      })
    expect((await ask(false)).content).toHaveLength(2)
    expect((await ask(true)).content).toHaveLength(1)
  })

  it('keeps every form of tool_choice', async () => {
    const choices = [
      [{ type: 'auto' as const }, 'auto'],
      [{ type: 'any' as const }, 'required'],
      [{ type: 'tool' as const, name: 'time' }, { name: 'time' }],
      [{ type: 'none' as const }, 'none'],
    ] as const
    for (const [tool_choice, toolChoice] of choices) {
      await client().messages.create({ ...base, messages: say('x'), tools: [weather, time], tool_choice })
      expect(lastOptions().toolChoice).toEqual(toolChoice)
    }
  })

  it('takes its own blocks back with the results', async () => {
    const messages = say('think, talk first, all tools')
    const first = await client().messages.create({ ...base, messages, tools: [weather, time] })
    expect(first.content.map(({ type }) => type)).toEqual(['thinking', 'text', 'tool_use', 'tool_use'])
    const results = first.content.flatMap((block) =>
      block.type === 'tool_use'
        ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: `${block.name} is fine` }]
        : [],
    )
    const second = await client().messages.create({
      ...base,
      tools: [weather, time],
      messages: [
        ...messages,
        { role: 'assistant', content: first.content as never },
        { role: 'user', content: [...results, { type: 'text', text: 'So?' }] },
      ],
    })
    expect(lastMessages().slice(1)).toMatchObject([
      {
        role: 'assistant',
        content: 'One moment. ',
        reasoning_content: 'Let me see.',
        tool_calls: [{ function: { arguments: { city: 'Bern' } } }, {}],
      },
      { role: 'tool', name: 'weather', content: 'weather is fine' },
      { role: 'tool', name: 'time', content: 'time is fine' },
      { role: 'user', content: 'So?' },
    ])
    expect(second.stop_reason).toBe('tool_use')
  })

  it('tells the model of a result that is an error', async () => {
    await client().messages.create({
      ...base,
      messages: [
        ...say('x'),
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'weather', input: {} }] },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 't1',
              is_error: true,
              content: [{ type: 'text', text: 'no such city' }],
            },
          ],
        },
      ],
    })
    expect(lastMessages().at(-1)).toMatchObject({ role: 'tool', content: 'Error: no such city' })
  })

  it('leaves out a call that was cut', async () => {
    const message = await client().messages.create({
      ...base,
      max_tokens: 4,
      messages: say('cut the call'),
      tools: [weather],
    })
    expect(message).toMatchObject({ stop_reason: 'max_tokens', content: [] })
  })

  it('gives thinking as a block, and hands the wish on', async () => {
    const message = await client().messages.create({
      ...base,
      messages: say('think'),
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
    })
    expect(message.content).toMatchObject([{ type: 'thinking', thinking: 'Let me see.' }, { type: 'text' }])
    expect(lastOptions().templateVariables).toEqual({ enable_thinking: true, reasoning_effort: 'high' })
  })

  it('parses an answer that a zod schema forms', async () => {
    const person = z.object({ name: z.string(), age: z.number() })
    const message = await client().messages.parse({
      ...base,
      messages: say('x'),
      output_config: { format: zodOutputFormat(person) },
    })
    expect(message.parsed_output).toEqual({ name: 'text', age: 21 })
  })

  it('runs tools by itself', async () => {
    const tool = betaZodTool({
      name: 'weather',
      description: 'd',
      inputSchema: z.object({ city: z.string() }),
      run: async ({ city }) => `rain in ${city}`,
    })
    const message = await client().beta.messages.toolRunner({ ...base, messages: say('weather?'), tools: [tool] })
    expect(message.content).toMatchObject([{ type: 'text', text: 'It says rain in Bern.' }])
  })
})

describe('messages.stream', () => {
  it('streams text to the same message', async () => {
    const stream = client().messages.stream({ ...base, messages: say('hello') })
    let text = ''
    stream.on('text', (delta) => {
      text += delta
    })
    const message = await stream.finalMessage()
    expect(text).toBe('You said: hello')
    expect(message).toMatchObject({ stop_reason: 'end_turn', usage: { input_tokens: 3, output_tokens: 3 } })
  })

  it('sends its events in order', async () => {
    const stream = await client().messages.create({
      ...base,
      messages: say('think, talk first, all tools'),
      tools: [weather, time],
      stream: true,
    })
    const types: string[] = []
    for await (const { type } of stream) if (types.at(-1) !== type) types.push(type)
    const block = ['content_block_start', 'content_block_delta', 'content_block_stop']
    expect(types).toEqual(['message_start', ...block, ...block, ...block, ...block, 'message_delta', 'message_stop'])
  })

  it('numbers its blocks', async () => {
    const stream = await client().messages.create({
      ...base,
      messages: say('all tools'),
      tools: [weather, time],
      stream: true,
    })
    const starts: unknown[] = []
    for await (const event of stream)
      if (event.type === 'content_block_start') starts.push([event.index, event.content_block.type])
    expect(starts).toEqual([
      [0, 'tool_use'],
      [1, 'tool_use'],
    ])
  })

  it('streams the input of a call', async () => {
    const stream = client().messages.stream({ ...base, messages: say('x'), tools: [weather] })
    let pieces = ''
    stream.on('inputJson', (delta) => {
      pieces += delta
    })
    const { content } = await stream.finalMessage()
    expect(JSON.parse(pieces)).toEqual({ city: 'Bern' })
    expect(content).toMatchObject([{ type: 'tool_use', input: { city: 'Bern' } }])
  })

  it('streams thinking with its signature', async () => {
    const stream = client().messages.stream({ ...base, messages: say('think') })
    let thought = ''
    stream.on('thinking', (delta) => {
      thought += delta
    })
    const { content } = await stream.finalMessage()
    expect(thought).toBe('Let me see.')
    expect(content[0]).toMatchObject({ type: 'thinking', signature: 'ostro' })
  })

  it('says max_tokens of a call that was cut', async () => {
    const stream = client().messages.stream({ ...base, max_tokens: 4, messages: say('cut the call'), tools: [weather] })
    const reasons: unknown[] = []
    for await (const event of stream) if (event.type === 'message_delta') reasons.push(event.delta.stop_reason)
    expect(reasons).toEqual(['max_tokens'])
  })

  it('sends an error event when the engine fails', async () => {
    const stream = client().messages.stream({ ...base, messages: say('fail') })
    let text = ''
    stream.on('text', (delta) => {
      text += delta
    })
    await expect(stream.finalMessage()).rejects.toThrow(/worker died/)
    expect(text).toBe('So far ')
  })

  it('stops the model when the reader leaves', async () => {
    const stream = client().messages.stream({ ...base, messages: say('dawdle') })
    for await (const { type } of stream) if (type === 'content_block_delta') break
    await expect.poll(() => mind.active()).toBe(0)
  })

  it('stops the model when the stream is aborted', async () => {
    const stream = client().messages.stream({ ...base, messages: say('dawdle') })
    stream.on('text', () => stream.abort())
    await expect(stream.finalMessage()).rejects.toThrow(/abort/i)
    await expect.poll(() => mind.active()).toBe(0)
  })
})

describe('messages.countTokens', () => {
  it('counts the prompt', async () => {
    const { input_tokens } = await client().messages.countTokens({ model: 'scripted', messages: say('hi') })
    expect(input_tokens).toBe('user:hi'.length)
  })

  it('counts the system text, too', async () => {
    const { input_tokens } = await client().messages.countTokens({
      model: 'scripted',
      system: 's',
      messages: say('hi'),
      tools: [weather],
    })
    expect(input_tokens).toBe('system:s\nuser:hi'.length)
  })
})

describe('models', () => {
  it('lists them', async () => {
    const ids: string[] = []
    for await (const { id } of client().models.list()) ids.push(id)
    expect(ids).toEqual(['scripted'])
  })
})

describe('refusals', () => {
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: '' } }

  it.each([
    ['a model that is not there', { model: 'none-such' }, 404, /none-such/],
    ['no limit', { max_tokens: undefined }, 400, /max_tokens/],
    ['a limit out of range', { max_tokens: 0 }, 400, /max_tokens/],
    ['a field that nobody knows', { frobnicate: 1 }, 400, /frobnicate/],
    ['an image', { messages: [{ role: 'user', content: [image] }] }, 400, /content\[0\]\.type/],
    ['a budget of thinking', { thinking: { type: 'enabled', budget_tokens: 1024 } }, 400, /budget_tokens/],
    [
      'tools that the server would run',
      { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
      400,
      /tools\[0\]/,
    ],
    ['MCP servers', { mcp_servers: [] }, 400, /mcp_servers/],
    [
      'the start of the answer',
      { messages: [...say('x'), { role: 'assistant', content: 'Sure' }] },
      400,
      /messages\[1\]/,
    ],
    [
      'a result without its call',
      { messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: '' }] }] },
      400,
      /tool_use_id/,
    ],
    [
      'a choice of a tool that is not there',
      { tools: [weather], tool_choice: { type: 'tool', name: 'f' } },
      400,
      /tool_choice/,
    ],
    ['no messages', { messages: [] }, 400, /messages/],
  ])('%s', async (_, body, status, message) => {
    const asked = client().messages.create({ ...base, messages: say('x'), ...body } as never)
    await expect(asked).rejects.toMatchObject({ status, message: expect.stringMatching(message) as string })
  })

  it('have the types of the interface', async () => {
    await expect(client().messages.create({ ...base, model: 'none-such', messages: say('x') })).rejects.toBeInstanceOf(
      Anthropic.NotFoundError,
    )
    await expect(client().messages.create({ ...base, messages: [] })).rejects.toBeInstanceOf(Anthropic.BadRequestError)
  })
})

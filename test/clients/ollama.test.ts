/** Ollama's official client on /api. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Ollama, type ChatResponse } from 'ollama'
import { describe, expect, it } from 'vitest'
import { scriptedPool } from '../support/scripted-model.ts'
import { scriptedMind } from './support/scripted-mind.ts'
import { useTestServer } from './support/test-server.ts'

const schema = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
}
const isPerson = new Ajv2020().compile(schema)
const weather = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}
const time = { type: 'function', function: { name: 'time' } }

const mind = scriptedMind()
const server = useTestServer(() => scriptedPool(mind, scriptedMind('other')))
const client = () => new Ollama({ host: server.url, fetch: server.fetch })
const model = 'scripted'
const say = (content: string) => [{ role: 'user', content }]
const lastOptions = () => mind.calls.at(-1)!.options
const lastMessages = () => mind.calls.at(-1)!.messages!

describe('chat', () => {
  it('answers with a message and its cost', async () => {
    const answer = await client().chat({ model, messages: say('hello') })
    expect(answer.message).toEqual({ role: 'assistant', content: 'You said: hello' })
    expect(answer).toMatchObject({
      model,
      done: true,
      done_reason: 'stop',
      prompt_eval_count: 5,
      eval_count: 3,
      eval_duration: 2_000_000,
    })
  })

  it('streams lines, the last one with the cost', async () => {
    const lines: ChatResponse[] = []
    for await (const line of await client().chat({ model, messages: say('hello'), stream: true })) lines.push(line)
    expect(lines.map(({ message }) => message.content).join('')).toBe('You said: hello')
    expect(lines.map(({ done }) => done)).toEqual([...lines.slice(1).map(() => false), true])
    expect(lines.at(-1)).toMatchObject({ done_reason: 'stop', eval_count: 3 })
  })

  it('reads a conversation', async () => {
    await client().chat({
      model,
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
        { role: 'user', content: 'c' },
      ],
    })
    expect(lastMessages().map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
  })

  it('gives thinking apart from the answer', async () => {
    const { message } = await client().chat({ model, messages: say('think'), think: true })
    expect(message).toMatchObject({ thinking: 'Let me see.', content: 'You said: think' })
    expect(lastOptions().templateVariables).toEqual({ enable_thinking: true })
  })

  it('hands the effort of thinking on', async () => {
    await client().chat({ model, messages: say('x'), think: 'low' })
    expect(lastOptions().templateVariables).toEqual({ enable_thinking: true, reasoning_effort: 'low' })
    await client().chat({ model, messages: say('x'), think: false })
    expect(lastOptions().templateVariables).toEqual({ enable_thinking: false })
  })

  it('calls tools with arguments as objects', async () => {
    const { message } = await client().chat({ model, messages: say('all tools'), tools: [weather, time] })
    expect(message.tool_calls).toMatchObject([
      { function: { name: 'weather', arguments: { city: 'Bern' } } },
      { function: { name: 'time', arguments: { zone: 'UTC' } } },
    ])
  })

  it('streams whole calls', async () => {
    const calls: unknown[] = []
    for await (const { message } of await client().chat({
      model,
      messages: say('talk first'),
      tools: [weather],
      stream: true,
    }))
      calls.push(...(message.tool_calls ?? []))
    expect(calls).toMatchObject([{ function: { name: 'weather', arguments: { city: 'Bern' } } }])
  })

  it('takes results back by the name of the tool', async () => {
    const { message } = await client().chat({ model, messages: say('all tools'), tools: [weather, time] })
    await client().chat({
      model,
      tools: [weather, time],
      messages: [
        ...say('all tools'),
        message,
        { role: 'tool', tool_name: 'time', content: 'noon' },
        { role: 'tool', tool_name: 'weather', content: 'sunny' },
      ],
    })
    expect(lastMessages().slice(1)).toMatchObject([
      { role: 'assistant', tool_calls: [{ id: 'call_0' }, { id: 'call_1' }] },
      { role: 'tool', tool_call_id: 'call_1', name: 'time' },
      { role: 'tool', tool_call_id: 'call_0', name: 'weather' },
    ])
  })

  it('forms an answer by a schema, or as any JSON', async () => {
    const { message } = await client().chat({ model, messages: say('x'), format: schema })
    expect(isPerson(JSON.parse(message.content))).toBe(true)
    await client().chat({ model, messages: say('x'), format: 'json' })
    expect(lastOptions().format).toEqual({ type: 'json', object: true })
  })

  it('honours options', async () => {
    await client().chat({
      model,
      messages: say('x'),
      options: {
        temperature: 0.1,
        top_k: 5,
        top_p: 0.5,
        min_p: 0.1,
        typical_p: 0.9,
        seed: 9,
        num_predict: 30,
        stop: ['END'],
        repeat_penalty: 1.2,
        presence_penalty: 0.3,
        frequency_penalty: 0.4,
        num_ctx: 512,
      },
    })
    expect(lastOptions()).toMatchObject({
      temperature: 0.1,
      topK: 5,
      topP: 0.5,
      minP: 0.1,
      typicalP: 0.9,
      seed: 9,
      maxTokens: 30,
      stop: ['END'],
      repetitionPenalty: 1.2,
      presencePenalty: 0.3,
      frequencyPenalty: 0.4,
    })
  })

  it('goes to the end of the context where num_predict is -1', async () => {
    await client().chat({ model, messages: say('x'), options: { num_predict: -1 } })
    expect(lastOptions().maxTokens).toBeUndefined()
  })

  it('says length where the limit cut the answer', async () => {
    const { done_reason, message } = await client().chat({
      model,
      messages: say('one two'),
      options: { num_predict: 2 },
    })
    expect([done_reason, message.content]).toEqual(['length', 'You said: '])
  })

  it('leaves out a call that was cut', async () => {
    const { done_reason, message } = await client().chat({ model, messages: say('cut the call'), tools: [weather] })
    expect([done_reason, message.tool_calls]).toEqual(['length', undefined])
  })

  it('gives log-probabilities', async () => {
    const { logprobs } = await client().chat({ model, messages: say('x'), logprobs: true, top_logprobs: 2 })
    expect(logprobs).toMatchObject([{ token: 'You ', top_logprobs: [{}, {}] }, {}, {}])
  })

  it('only loads the model where there is nothing to answer', async () => {
    const { done_reason } = await client().chat({ model, messages: [], keep_alive: '10m' })
    expect(done_reason).toBe('load')
  })

  it('stops the model when the client aborts', async () => {
    const stream = await client().chat({ model, messages: say('dawdle'), stream: true })
    let pieces = 0
    const read = async () => {
      for await (const _ of stream) if (++pieces === 3) stream.abort()
    }
    await expect(read()).rejects.toThrow(/abort/i)
    await expect.poll(() => mind.active()).toBe(0)
  })

  it('tells of a failure in the middle', async () => {
    const stream = await client().chat({ model, messages: say('fail'), stream: true })
    let text = ''
    const read = async () => {
      for await (const { message } of stream) text += message.content
    }
    await expect(read()).rejects.toThrow(/worker died/)
    expect(text).toBe('So far ')
  })
})

describe('generate', () => {
  it('answers a prompt, with a system text', async () => {
    const answer = await client().generate({ model, prompt: 'hello', system: 'be brief' })
    expect(answer.response).toBe('You said: hello')
    expect(lastMessages()).toEqual([
      { role: 'system', content: 'be brief' },
      { role: 'user', content: 'hello' },
    ])
  })

  it('streams', async () => {
    let text = ''
    for await (const { response } of await client().generate({ model, prompt: 'hello', stream: true })) text += response
    expect(text).toBe('You said: hello')
  })

  it('continues a raw prompt as it is', async () => {
    expect((await client().generate({ model, prompt: 'Once', raw: true })).response).toBe(' and so on')
    expect(mind.calls.at(-1)!.prompt).toBe('Once')
  })

  it('fills in before a suffix', async () => {
    expect((await client().generate({ model, prompt: 'a', suffix: 'b' })).response).toBe('[a|b]')
  })

  it('forms an answer by a schema', async () => {
    expect(isPerson(JSON.parse((await client().generate({ model, prompt: 'x', format: schema })).response!))).toBe(true)
  })

  it('only loads the model where there is no prompt', async () => {
    expect((await client().generate({ model, prompt: '' })).done_reason).toBe('load')
  })
})

describe('models and vectors', () => {
  it('lists them', async () => {
    const { models } = await client().list()
    expect(models.map(({ name, size }) => [name, size])).toEqual([
      ['scripted', 4000],
      ['other', 4000],
    ])
  })

  it('lists those in memory', async () => {
    expect((await client().ps()).models).toHaveLength(2)
  })

  it('shows one', async () => {
    const shown = await client().show({ model })
    expect(shown.capabilities).toContain('tools')
    expect(shown.model_info).toMatchObject({ 'general.architecture': 'scripted', 'scripted.context_length': 2048 })
    expect(shown.details).toMatchObject({ family: 'scripted', format: 'gguf' })
  })

  it('has a version', async () => {
    expect((await client().version()).version).toMatch(/^\d+\.\d+\.\d+$/)
  })

  it('embeds one text and many', async () => {
    expect((await client().embed({ model, input: 'a' })).embeddings).toEqual([[1, 1, 2, 3]])
    const many = await client().embed({ model, input: ['a', 'bb'] })
    expect(many.embeddings).toHaveLength(2)
    expect(many.prompt_eval_count).toBe(3)
    expect((await client().embed({ model, input: 'a', truncate: true })).embeddings).toEqual([[1, 1, 2, 3]])
    expect((await client().embeddings({ model, prompt: 'a' })).embedding).toEqual([1, 1, 2, 3])
  })
})

describe('refusals by name', () => {
  it.each([
    ['a model that is not there', { model: 'none-such' }, /none-such/],
    ['an option that nobody knows', { options: { frobnicate: 1 } }, /options\.frobnicate/],
    ['an option of loading', { options: { num_gpu: 1 } }, /options\.num_gpu/],
    ['another sampler', { options: { mirostat: 1 } }, /options\.mirostat/],
    ['more context than there is', { options: { num_ctx: 1_000_000 } }, /options\.num_ctx/],
    ['an image', { messages: [{ role: 'user', content: 'x', images: ['aGk='] }] }, /images/],
    ['a field that nobody knows', { frobnicate: 1 }, /frobnicate/],
    ['a role that nobody knows', { messages: [{ role: 'oracle', content: 'x' }] }, /role/],
    ['a format that is none', { format: 'xml' }, /format/],
  ])('%s', async (_, body, message) => {
    await expect(client().chat({ model, messages: say('x'), ...body } as never)).rejects.toThrow(message)
  })

  it.each([
    ['a template', { template: '{{ .Prompt }}' }, /template/],
    ['a context of yore', { context: [1, 2] }, /context/],
    ['a system text beside a raw prompt', { raw: true, system: 's' }, /system/],
  ])('%s (generate)', async (_, body, message) => {
    await expect(client().generate({ model, prompt: 'x', ...body })).rejects.toThrow(message)
  })
})

/** LangChain's ChatOpenAI and OpenAIEmbeddings on our server. */
import { AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
import { StringOutputParser } from '@langchain/core/output_parsers'
import { ChatPromptTemplate } from '@langchain/core/prompts'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI, ChatOpenAIResponses, OpenAIEmbeddings } from '@langchain/openai'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { scriptedPool } from '../support/scripted-model.ts'
import { scriptedMind } from './support/scripted-mind.ts'
import { useTestServer } from './support/test-server.ts'

const person = z.object({ name: z.string(), age: z.number().int() })
const isPerson = new Ajv2020().compile({
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
})
const weather = tool(async ({ city }: { city: string }) => `sunny in ${city}`, {
  name: 'weather',
  description: 'The weather in a city',
  schema: z.object({ city: z.string() }),
})
const time = tool(async () => 'noon', { name: 'time', description: 'The time', schema: z.object({ zone: z.string() }) })

describe.each([
  { way: 'ChatOpenAI', Chat: ChatOpenAI },
  { way: 'ChatOpenAIResponses', Chat: ChatOpenAIResponses as unknown as typeof ChatOpenAI },
])('$way', ({ Chat }) => {
  const mind = scriptedMind()
  const server = useTestServer(() => scriptedPool(mind))
  const chat = (fields: object = {}) =>
    new Chat({
      model: 'scripted',
      apiKey: 'none',
      maxRetries: 0,
      ...fields,
      configuration: { baseURL: `${server.url}/v1`, fetch: server.fetch },
    })
  const lastOptions = () => mind.calls.at(-1)!.options

  it('invokes', async () => {
    const answer = await chat().invoke('hello')
    expect(answer.text).toBe('You said: hello')
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 5, output_tokens: 3, total_tokens: 8 })
  })

  it('reads a conversation', async () => {
    await chat().invoke([new SystemMessage('s'), new HumanMessage('a'), new AIMessage('b'), new HumanMessage('c')])
    expect(mind.calls.at(-1)!.messages!.map(({ role, content }) => `${role}:${String(content)}`)).toEqual([
      'system:s',
      'user:a',
      'assistant:b',
      'user:c',
    ])
  })

  it('hands sampling on', async () => {
    await chat({ temperature: 0.2, topP: 0.7, maxTokens: 20 }).invoke('x')
    expect(lastOptions()).toMatchObject({ temperature: 0.2, topP: 0.7, maxTokens: 20 })
  })

  it('streams', async () => {
    const pieces: string[] = []
    for await (const { text } of await chat().stream('hello')) pieces.push(text)
    expect(pieces.join('')).toBe('You said: hello')
  })

  it('streams with usage', async () => {
    let whole: AIMessageChunk | undefined
    for await (const piece of await chat().stream('hello')) whole = whole ? whole.concat(piece) : piece
    expect(whole!.usage_metadata).toMatchObject({ input_tokens: 5, output_tokens: 3 })
  })

  it('calls bound tools with valid arguments', async () => {
    const answer = await chat().bindTools([weather, time]).invoke('all tools')
    expect(answer.tool_calls).toMatchObject([
      { name: 'weather', args: { city: 'Bern' } },
      { name: 'time', args: { zone: 'UTC' } },
    ])
  })

  it('streams the calls of bound tools', async () => {
    let whole: AIMessageChunk | undefined
    for await (const piece of await chat().bindTools([weather]).stream('x')) whole = whole ? whole.concat(piece) : piece
    expect(whole!.tool_calls).toMatchObject([{ name: 'weather', args: { city: 'Bern' } }])
  })

  it('goes round with the result of a tool', async () => {
    const model = chat().bindTools([weather])
    const asked = new HumanMessage('weather?')
    const called = await model.invoke([asked])
    const [call] = called.tool_calls!
    const result = (await weather.invoke({ ...call, type: 'tool_call' })) as ToolMessage
    expect((await model.invoke([asked, called, result])).text).toBe('It says sunny in Bern.')
  })

  it('keeps the choice of one tool', async () => {
    await chat().bindTools([weather, time], { tool_choice: 'time' }).invoke('x')
    expect(lastOptions().toolChoice).toEqual({ name: 'time' })
  })

  it.each(['jsonSchema', 'functionCalling'] as const)('gives structured output by %s', async (method) => {
    const schema = method === 'jsonSchema' ? person : z.object({ city: z.string() })
    const answer = await chat()
      .withStructuredOutput(schema, { method, name: method === 'jsonSchema' ? 'person' : 'weather' })
      .invoke('x')
    expect(method === 'jsonSchema' ? isPerson(answer) : answer).toEqual(
      method === 'jsonSchema' ? true : { city: 'Bern' },
    )
  })

  it('takes part in a chain', async () => {
    const chain = ChatPromptTemplate.fromMessages([
      ['system', 'Be {manner}.'],
      ['human', '{question}'],
    ])
      .pipe(chat())
      .pipe(new StringOutputParser())
    expect(await chain.invoke({ manner: 'brief', question: 'why' })).toBe('You said: why')
  })

  it('hands tool results of several calls on', async () => {
    const model = chat().bindTools([weather, time])
    const asked = new HumanMessage('all tools')
    const called = await model.invoke([asked])
    const results = called.tool_calls!.map(
      ({ id, name }) => new ToolMessage({ tool_call_id: id!, name, content: `${name} is fine` }),
    )
    expect((await model.invoke([asked, called, ...results])).text).toBe('It says time is fine.')
    expect(mind.calls.at(-1)!.messages!.slice(-2)).toMatchObject([
      { role: 'tool', name: 'weather' },
      { role: 'tool', name: 'time' },
    ])
  })

  it('says length where the limit cut the answer', async () => {
    const { text, response_metadata } = await chat({ maxTokens: 2 }).invoke('one two')
    expect(text).toBe('You said: ')
    expect(JSON.stringify(response_metadata)).toMatch(/"length"|"max_output_tokens"/)
  })

  it('answers a batch', async () => {
    const answers = await chat().batch(['a', 'b', 'c'])
    expect(answers.map(({ text }) => text)).toEqual(['You said: a', 'You said: b', 'You said: c'])
  })

  it('stops the model when the signal fires', async () => {
    const controller = new AbortController()
    const answer = chat().invoke('dawdle', { signal: controller.signal })
    await expect.poll(() => mind.active()).toBe(1)
    controller.abort()
    await expect(answer).rejects.toThrow(/abort/i)
    await expect.poll(() => mind.active()).toBe(0)
  })

  it('tells of a model that is not there', async () => {
    await expect(chat({ model: 'none-such' }).invoke('x')).rejects.toMatchObject({ status: 404 })
  })
})

describe('what only chat completions has', () => {
  const mind = scriptedMind()
  const server = useTestServer(() => scriptedPool(mind))
  const chat = (fields: object = {}) =>
    new ChatOpenAI({
      model: 'scripted',
      apiKey: 'none',
      maxRetries: 0,
      ...fields,
      configuration: { baseURL: `${server.url}/v1`, fetch: server.fetch },
    })

  it('gives log-probabilities', async () => {
    const answer = await chat({ logprobs: true, topLogprobs: 1 }).invoke('x')
    expect(answer.response_metadata['logprobs']).toMatchObject({ content: [{ token: 'You ' }, {}, {}] })
  })

  it('makes JSON without a schema', async () => {
    const chain = chat().withStructuredOutput(z.object({ any: z.boolean() }), { method: 'jsonMode' })
    expect(await chain.invoke('x')).toEqual({ any: true })
    expect(mind.calls.at(-1)!.options.format).toEqual({ type: 'json', object: true })
  })

  it('keeps the words for the choice of tools', async () => {
    for (const [tool_choice, wanted] of [
      ['none', 'none'],
      ['any', 'required'],
      ['auto', 'auto'],
    ] as const) {
      await chat().bindTools([weather, time], { tool_choice }).invoke('x')
      expect(mind.calls.at(-1)!.options.toolChoice).toEqual(wanted)
    }
  })

  it('ends at a stop string', async () => {
    expect((await chat({ stop: [' b'] }).invoke('a b c')).text).toBe('You said: a')
  })

  it('gives several answers', async () => {
    const { generations } = await chat({ n: 2 }).generate([[new HumanMessage('x')]])
    expect(generations[0]).toHaveLength(2)
  })

  it('embeds texts', async () => {
    const embeddings = new OpenAIEmbeddings({
      model: 'scripted',
      apiKey: 'none',
      maxRetries: 0,
      configuration: { baseURL: `${server.url}/v1`, fetch: server.fetch },
    })
    expect(await embeddings.embedQuery('a')).toEqual([1, 1, 2, 3])
    expect(await embeddings.embedDocuments(['a', 'bb'])).toEqual([
      [1, 1, 2, 3],
      [2, 1, 2, 3],
    ])
  })
})

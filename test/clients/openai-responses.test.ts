/** The official `openai` client, in the two lines in use, on /v1/responses; and the order of events that Open Responses prescribes. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import OpenAI6 from 'openai6'
import { zodTextFormat as zodTextFormat6 } from 'openai6/helpers/zod'
import OpenAI7 from 'openai7'
import { zodTextFormat as zodTextFormat7 } from 'openai7/helpers/zod'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { scriptedPool } from '../support/scripted-model.ts'
import { scriptedMind } from './support/scripted-mind.ts'
import { useTestServer } from './support/test-server.ts'

const lines = [
  {
    line: 'openai 6',
    OpenAI: OpenAI6 as unknown as typeof OpenAI7,
    zodTextFormat: zodTextFormat6 as unknown as typeof zodTextFormat7,
  },
  { line: 'openai 7', OpenAI: OpenAI7, zodTextFormat: zodTextFormat7 },
]

const person = z.object({ name: z.string(), age: z.number().int() })
const weatherParameters = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const weather = { type: 'function' as const, name: 'weather', parameters: weatherParameters, strict: true }
const time = { type: 'function' as const, name: 'time', parameters: { type: 'object' }, strict: false }
const isWeather = new Ajv2020().compile(weatherParameters)

describe.each(lines)('$line', ({ OpenAI, zodTextFormat }) => {
  const mind = scriptedMind()
  const server = useTestServer(() => scriptedPool(mind))
  const client = () => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0, fetch: server.fetch })
  const model = 'scripted'
  const lastMessages = () => mind.calls.at(-1)!.messages
  const lastOptions = () => mind.calls.at(-1)!.options
  /** Pieces that came at once may be one delta, so several in a row count as one. */
  const typesOf = async (body: object) => {
    const stream = await client().responses.create({ model, stream: true, ...body } as never)
    const events: { type: string; sequence_number: number }[] = []
    for await (const event of stream as unknown as AsyncIterable<(typeof events)[number]>) events.push(event)
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index))
    return events
      .map(({ type }) => type.replace('response.', ''))
      .filter((type, index, types) => !(type.endsWith('.delta') && type === types[index - 1]))
  }

  describe('responses.create', () => {
    it('answers a text with a message item', async () => {
      const response = await client().responses.create({ model, input: 'hello', instructions: 'be brief' })
      expect(response.output_text).toBe('You said: hello')
      expect(response.status).toBe('completed')
      expect(response.usage).toMatchObject({ input_tokens: 5, output_tokens: 3, total_tokens: 8 })
      expect(lastMessages()).toEqual([
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'hello' },
      ])
    })

    it('takes messages of every role, and joins the system texts at the start', async () => {
      await client().responses.create({
        model,
        instructions: 'one',
        input: [
          { role: 'developer', content: 'two' },
          {
            role: 'user',
            content: [
              { type: 'input_text', text: 'a' },
              { type: 'input_text', text: 'b' },
            ],
          },
          { role: 'assistant', content: 'c' },
          { role: 'user', content: 'd' },
        ],
      })
      expect(lastMessages()).toEqual([
        { role: 'system', content: 'one\n\ntwo' },
        { role: 'user', content: 'ab' },
        { role: 'assistant', content: 'c' },
        { role: 'user', content: 'd' },
      ])
    })

    it('calls a function with valid arguments', async () => {
      const response = await client().responses.create({ model, input: 'x', tools: [weather] })
      const [call] = response.output
      expect(call).toMatchObject({ type: 'function_call', name: 'weather', status: 'completed' })
      expect(call.type === 'function_call' && isWeather(JSON.parse(call.arguments))).toBe(true)
    })

    it('takes its own items back with the results', async () => {
      const first = await client().responses.create({ model, input: 'think about all tools', tools: [weather, time] })
      const calls = first.output.filter((item) => item.type === 'function_call')
      expect(calls).toHaveLength(2)
      const second = await client().responses.create({
        model,
        tools: [weather, time],
        input: [
          { role: 'user', content: 'think about all tools' },
          ...(first.output as never[]),
          ...calls.map(({ call_id, name }) => ({
            type: 'function_call_output' as const,
            call_id,
            output: `${name} is fine`,
          })),
        ],
      })
      expect(second.output_text).toContain('It says time is fine.')
      expect(lastMessages()!.slice(1)).toMatchObject([
        {
          role: 'assistant',
          reasoning_content: 'Let me see.',
          tool_calls: [{ function: { arguments: { city: 'Bern' } } }, {}],
        },
        { role: 'tool', name: 'weather', content: 'weather is fine' },
        { role: 'tool', name: 'time' },
      ])
    })

    it('keeps every form of tool_choice', async () => {
      const tools = [weather, time]
      const choices = [
        ['none', 'none'],
        ['auto', 'auto'],
        ['required', 'required'],
        [{ type: 'function' as const, name: 'time' }, { name: 'time' }],
        [
          { type: 'allowed_tools' as const, mode: 'auto' as const, tools: [{ type: 'function', name: 'time' }] },
          { allowed: ['time'], mode: 'auto' },
        ],
      ] as const
      for (const [tool_choice, toolChoice] of choices) {
        await client().responses.create({ model, input: 'x', tools, tool_choice: tool_choice as 'none' })
        expect(lastOptions().toolChoice).toEqual(toolChoice)
      }
    })

    it('hands one call at a time on', async () => {
      const response = await client().responses.create({
        model,
        input: 'all tools',
        tools: [weather, time],
        parallel_tool_calls: false,
      })
      expect(response.output).toHaveLength(1)
    })

    it('takes custom tools whose grammar is a regular expression', async () => {
      const response = await client().responses.create({
        model,
        input: 'x',
        tools: [
          { type: 'custom', name: 'code', format: { type: 'grammar', syntax: 'regex', definition: '[A-Z]{2}-\\d{4}' } },
        ],
      })
      expect(response.output).toMatchObject([{ type: 'custom_tool_call', name: 'code', input: 'AB-1234' }])
      expect(lastOptions().tools![0].function.parameters).toMatchObject({
        properties: { input: { pattern: '^(?:[A-Z]{2}-\\d{4})$' } },
      })
      await client().responses.create({
        model,
        input: [
          { role: 'user', content: 'x' },
          ...(response.output as never[]),
          { type: 'custom_tool_call_output', call_id: 'call_0', output: 'ok' },
        ],
      })
      expect(lastMessages()!.slice(1)).toMatchObject([
        { tool_calls: [{ function: { arguments: { input: 'AB-1234' } } }] },
        { content: 'ok' },
      ])
    })

    it('takes custom tools with a Lark grammar', async () => {
      const definition = 'start: "on" | "off"\n'
      await client().responses.create({
        model,
        input: 'x',
        tools: [{ type: 'custom', name: 'switch', format: { type: 'grammar', syntax: 'lark', definition } }],
      })
      expect(lastOptions().tools![0].function).toMatchObject({
        parameters: { properties: { input: { type: 'string' } } },
        grammar: { syntax: 'lark', source: definition },
      })
    })

    it('says incomplete where the limit cut the answer', async () => {
      const response = await client().responses.create({ model, input: 'one two three', max_output_tokens: 2 })
      expect(response).toMatchObject({
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        output_text: 'You said: ',
      })
      expect(response.output).toMatchObject([{ status: 'incomplete' }])
    })

    it('says so of a call that was cut', async () => {
      const response = await client().responses.create({ model, input: 'cut the call', tools: [weather] })
      expect(response).toMatchObject({
        status: 'incomplete',
        output: [{ type: 'function_call', status: 'incomplete' }],
      })
    })

    it('gives log-probabilities when they are included', async () => {
      const response = await client().responses.create({
        model,
        input: 'x',
        include: ['message.output_text.logprobs'],
        top_logprobs: 1,
      })
      expect(response.output).toMatchObject([
        { content: [{ logprobs: [{ token: 'You ', top_logprobs: [{}] }, {}, {}] }] },
      ])
    })

    it('gives reasoning as an item, and in the form that clients carry', async () => {
      const response = await client().responses.create({
        model,
        input: 'think',
        include: ['reasoning.encrypted_content'],
      })
      const [reasoning] = response.output
      expect(reasoning).toMatchObject({
        type: 'reasoning',
        summary: [],
        content: [{ type: 'reasoning_text', text: 'Let me see.' }],
      })
      const sealed = reasoning.type === 'reasoning' ? reasoning.encrypted_content! : ''
      await client().responses.create({
        model,
        input: [
          { role: 'user', content: 'a' },
          { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: sealed },
          { role: 'assistant', content: 'b' },
          { role: 'user', content: 'c' },
        ],
      })
      expect(lastMessages()![1]).toEqual({ role: 'assistant', content: 'b', reasoning_content: 'Let me see.' })
    })

    it('gives reasoning in the place of a summary where one is asked for, and reads it there', async () => {
      const input = [{ role: 'user' as const, content: 'think' }]
      const { output } = await client().responses.create({ model, input, reasoning: { summary: 'detailed' } })
      expect(output[0]).toMatchObject({ summary: [{ type: 'summary_text', text: 'Let me see.' }], content: [] })
      await client().responses.create({
        model,
        input: [...input, ...(output as never[]), { role: 'user', content: 'c' }],
      })
      expect(lastMessages()![1]).toMatchObject({ role: 'assistant', reasoning_content: 'Let me see.' })
    })

    it('hands effort, sampling and seed on', async () => {
      await client().responses.create({
        model,
        input: 'x',
        reasoning: { effort: 'low' },
        temperature: 0.3,
        top_p: 0.8,
        seed: 7,
      } as never)
      expect(lastOptions()).toMatchObject({
        templateVariables: { enable_thinking: true, reasoning_effort: 'low' },
        temperature: 0.3,
        topP: 0.8,
        seed: 7,
      })
    })

    it('tells back what was asked', async () => {
      const response = await client().responses.create({
        model,
        input: 'x',
        metadata: { a: 'b' },
        temperature: 0.5,
        tools: [weather],
        tool_choice: 'none',
      })
      expect(response).toMatchObject({
        metadata: { a: 'b' },
        temperature: 0.5,
        tools: [weather],
        tool_choice: 'none',
        parallel_tool_calls: true,
      })
    })
  })

  describe('what is kept', () => {
    it('continues a response by its id', async () => {
      const first = await client().responses.create({ model, input: 'one' })
      const second = await client().responses.create({ model, input: 'two', previous_response_id: first.id })
      await client().responses.create({ model, input: 'three', previous_response_id: second.id })
      expect(lastMessages()!.map(({ content }) => content)).toEqual([
        'one',
        'You said: one',
        'two',
        'You said: two',
        'three',
      ])
    })

    it('continues a streamed response by its id', async () => {
      const first = await client().responses.stream({ model, input: 'one' }).finalResponse()
      await client().responses.create({ model, input: 'two', previous_response_id: first.id })
      expect(lastMessages()).toHaveLength(3)
    })

    it('goes on after a call that was cut, as if it had not begun', async () => {
      const first = await client().responses.create({ model, input: 'cut the call', tools: [weather] })
      await client().responses.create({ model, input: 'again', previous_response_id: first.id })
      expect(lastMessages()!.map(({ role }) => role)).toEqual(['user', 'user'])
    })

    it('names the item at fault as the request numbers it', async () => {
      const { id } = await client().responses.create({ model, input: 'one' })
      const input = [{ type: 'function_call_output' as const, call_id: 'c', output: '' }]
      const asked = client().responses.create({ model, input, previous_response_id: id })
      await expect(asked).rejects.toMatchObject({ status: 400, param: 'input[0].call_id' })
    })

    it('forgets instructions from one response to the next', async () => {
      const first = await client().responses.create({ model, input: 'one', instructions: 'secret' })
      await client().responses.create({ model, input: 'two', previous_response_id: first.id })
      expect(lastMessages()![0].role).toBe('user')
    })

    it('gives a response again, and forgets it', async () => {
      const { id } = await client().responses.create({ model, input: 'one' })
      expect((await client().responses.retrieve(id)).output_text).toBe('You said: one')
      await client().responses.delete(id)
      await expect(client().responses.retrieve(id)).rejects.toMatchObject({ status: 404 })
    })

    it('keeps nothing where store is false', async () => {
      const { id } = await client().responses.create({ model, input: 'one', store: false })
      await expect(client().responses.retrieve(id)).rejects.toMatchObject({ status: 404 })
      await expect(client().responses.create({ model, input: 'two', previous_response_id: id })).rejects.toMatchObject({
        status: 404,
        param: 'previous_response_id',
      })
    })

    it('lists what a response answers, page by page', async () => {
      const first = await client().responses.create({ model, input: 'one' })
      const { id } = await client().responses.create({ model, input: 'two', previous_response_id: first.id })
      const texts: unknown[] = []
      for await (const item of client().responses.inputItems.list(id, { order: 'asc', limit: 2 })) {
        texts.push(item.type === 'message' ? item.content : item)
      }
      expect(texts).toMatchObject([[{ text: 'one' }], [{ text: 'You said: one' }], [{ text: 'two' }]])
    })

    it('counts the tokens of an input', async () => {
      const { id } = await client().responses.create({ model, input: 'one' })
      const { input_tokens } = await client().responses.inputTokens.count({
        model,
        input: 'two',
        previous_response_id: id,
      })
      expect(input_tokens).toBe('user:one\nassistant:You said: one\nuser:two'.length)
    })

    it('refuses to stream what is kept', async () => {
      const { id } = await client().responses.create({ model, input: 'one' })
      await expect(client().responses.retrieve(id, { stream: true })).rejects.toMatchObject({
        status: 400,
        param: 'stream',
      })
    })

    it('finds an item that is only referred to', async () => {
      const first = await client().responses.create({ model, input: 'one' })
      const { id } = first.output[0] as { id: string }
      await client().responses.create({
        model,
        input: [
          { type: 'item_reference', id },
          { role: 'user', content: 'go on' },
        ],
      })
      expect(lastMessages()![0]).toEqual({ role: 'assistant', content: 'You said: one' })
    })
  })

  describe('responses.parse and responses.stream', () => {
    it('parses an answer that a zod schema forms', async () => {
      const response = await client().responses.parse({
        model,
        input: 'x',
        text: { format: zodTextFormat(person as never, 'person') },
      })
      expect(person.parse(response.output_parsed)).toEqual({ name: 'text', age: 21 })
    })

    it('takes a parsed answer back as it is', async () => {
      const first = await client().responses.parse({
        model,
        input: 'x',
        text: { format: zodTextFormat(person as never, 'person') },
      })
      const refusal = {
        type: 'message' as const,
        id: 'msg_1',
        role: 'assistant' as const,
        status: 'completed' as const,
        content: [{ type: 'refusal' as const, refusal: 'no' }],
      }
      await client().responses.create({
        model,
        input: [...(first.output as never[]), refusal, { role: 'user', content: 'c' }],
      })
      expect(lastMessages()).toMatchObject([
        { role: 'assistant' },
        { role: 'assistant', content: 'no' },
        { role: 'user' },
      ])
    })

    it('streams text to the same response', async () => {
      const stream = client().responses.stream({ model, input: 'hello' })
      let text = ''
      stream.on('response.output_text.delta', ({ delta }) => {
        text += delta
      })
      const response = await stream.finalResponse()
      expect(text).toBe('You said: hello')
      expect(response.output_text).toBe(text)
      expect(response.usage?.output_tokens).toBe(3)
    })

    it('streams a parsed answer', async () => {
      const stream = client().responses.stream({
        model,
        input: 'x',
        text: { format: zodTextFormat(person as never, 'person') },
      })
      expect(person.parse((await stream.finalResponse()).output_parsed).age).toBe(21)
    })

    it('streams arguments', async () => {
      const stream = client().responses.stream({ model, input: 'all tools', tools: [weather, time] })
      let pieces = ''
      stream.on('response.function_call_arguments.delta', ({ delta }) => {
        pieces += delta
      })
      const { output } = await stream.finalResponse()
      expect(pieces).toBe('{"city":"Bern"}{"zone":"UTC"}')
      expect(output).toMatchObject([{ name: 'weather' }, { name: 'time', arguments: '{"zone":"UTC"}' }])
    })

    it('stops the model when the reader leaves', async () => {
      const stream = await client().responses.create({ model, input: 'dawdle', stream: true })
      for await (const { type } of stream) if (type === 'response.output_text.delta') break
      await expect.poll(() => mind.active()).toBe(0)
    })
  })

  describe('events', () => {
    const opening = ['created', 'in_progress']
    const message = [
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
    ]
    const reasoning = [
      'output_item.added',
      'content_part.added',
      'reasoning_text.delta',
      'reasoning_text.done',
      'content_part.done',
      'output_item.done',
    ]
    const call = [
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
    ]

    it('of a text', async () => {
      expect(await typesOf({ input: 'hello' })).toEqual([...opening, ...message, 'completed'])
    })

    it('of thinking, text and calls', async () => {
      expect(await typesOf({ input: 'think, talk first, all tools', tools: [weather, time] })).toEqual([
        ...opening,
        ...reasoning,
        ...message,
        ...call,
        ...call,
        'completed',
      ])
    })

    it('of thinking in the place of a summary', async () => {
      expect(await typesOf({ input: 'think', reasoning: { summary: 'auto' } })).toEqual([
        ...opening,
        'output_item.added',
        'reasoning_summary_part.added',
        'reasoning_summary_text.delta',
        'reasoning_summary_text.done',
        'reasoning_summary_part.done',
        'output_item.done',
        ...message,
        'completed',
      ])
    })

    it('of a custom call', async () => {
      expect(await typesOf({ input: 'x', tools: [{ type: 'custom', name: 'patch' }] })).toEqual([
        ...opening,
        'output_item.added',
        'custom_tool_call_input.delta',
        'custom_tool_call_input.done',
        'output_item.done',
        'completed',
      ])
    })

    it('of an answer that was cut', async () => {
      expect(await typesOf({ input: 'a b', max_output_tokens: 1 })).toEqual([...opening, ...message, 'incomplete'])
    })

    it('of a call that was cut: it is never done', async () => {
      expect(await typesOf({ input: 'cut the call', tools: [weather] })).toEqual([
        ...opening,
        'output_item.added',
        'function_call_arguments.delta',
        'output_item.done',
        'incomplete',
      ])
    })

    it('of a failure in the middle', async () => {
      expect((await typesOf({ input: 'fail' })).slice(-2)).toEqual(['output_text.delta', 'failed'])
    })

    it('carry their names, and end with [DONE]', async () => {
      const response = await server.fetch(`${server.url}/v1/responses`, {
        method: 'POST',
        body: JSON.stringify({ input: 'hello', stream: true }),
        headers: { 'content-type': 'application/json' },
      })
      const text = await response.text()
      const named = [...text.matchAll(/^event: (.*)\ndata: (.*)$/gm)].map(([, name, data]) => [
        name,
        (JSON.parse(data) as { type: string }).type,
      ])
      expect(named.length).toBeGreaterThan(5)
      for (const [name, type] of named) expect(name).toBe(type)
      expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    })
  })

  describe('refusals by name', () => {
    it.each([
      ['a model that is not there', { model: 'none-such' }, 404, 'model'],
      ['a field that nobody knows', { frobnicate: 1 }, 400, 'frobnicate'],
      ['work in the background', { background: true }, 400, 'background'],
      ['conversations', { conversation: 'c' }, 400, 'conversation'],
      ['tools that the server would run', { tools: [{ type: 'web_search' }] }, 400, 'tools[0].type'],
      [
        'a grammar that nobody knows',
        {
          tools: [{ type: 'custom', name: 'x', format: { type: 'grammar', syntax: 'bnf', definition: 'start: "a"' } }],
        },
        400,
        'tools[0].format.syntax',
      ],
      ['cutting the conversation', { truncation: 'auto' }, 400, 'truncation'],
      ['short summaries', { reasoning: { summary: 'concise' } }, 400, 'reasoning.summary'],
      ['verbosity', { text: { verbosity: 'high' } }, 400, 'text.verbosity'],
      [
        'an image',
        { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'x' }] }] },
        400,
        'input[0].content[0].type',
      ],
      ['an item that nobody knows', { input: [{ type: 'computer_call' }] }, 400, 'input[0].type'],
      [
        'a result without its call',
        { input: [{ type: 'function_call_output', call_id: 'c', output: '' }] },
        400,
        'input[0].call_id',
      ],
      [
        'arguments that are no JSON',
        { input: [{ type: 'function_call', call_id: 'c', name: 'f', arguments: '{' }] },
        400,
        'input[0].arguments',
      ],
      [
        'a choice of a tool that is not there',
        { tools: [weather], tool_choice: { type: 'function', name: 'f' } },
        400,
        'tool_choice',
      ],
      ['a limit out of range', { max_output_tokens: 0 }, 400, 'max_output_tokens'],
    ])('%s', async (_, body, status, param) => {
      await expect(client().responses.create({ model, input: 'x', ...body } as never)).rejects.toMatchObject({
        status,
        param,
      })
    })
  })
})

/** The official `openai` client, in the two lines in use, on chat completions, completions, embeddings and models. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import OpenAI6 from 'openai6'
import { zodResponseFormat as zodResponseFormat6, zodFunction as zodFunction6 } from 'openai6/helpers/zod'
import OpenAI7 from 'openai7'
import { zodFunction as zodFunction7, zodResponseFormat as zodResponseFormat7 } from 'openai7/helpers/zod'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { scriptedPool } from '../support/scripted-model.ts'
import { scriptedMind } from './support/scripted-mind.ts'
import { useTestServer } from './support/test-server.ts'

/** Both lines have the same shape where these tests touch them. */
const lines = [
  {
    line: 'openai 6',
    OpenAI: OpenAI6 as unknown as typeof OpenAI7,
    zodResponseFormat: zodResponseFormat6 as unknown as typeof zodResponseFormat7,
    zodFunction: zodFunction6 as unknown as typeof zodFunction7,
  },
  { line: 'openai 7', OpenAI: OpenAI7, zodResponseFormat: zodResponseFormat7, zodFunction: zodFunction7 },
]

const person = z.object({ name: z.string(), age: z.number().int(), tags: z.array(z.string()) })
const weatherParameters = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const weather = { type: 'function' as const, function: { name: 'weather', parameters: weatherParameters } }
const time = {
  type: 'function' as const,
  function: { name: 'time', parameters: { type: 'object', properties: { zone: { type: 'string' } } } },
}
const isWeather = new Ajv2020().compile(weatherParameters)

describe.each(lines)('$line', ({ OpenAI, zodResponseFormat, zodFunction }) => {
  const mind = scriptedMind()
  const server = useTestServer(() => scriptedPool(mind, scriptedMind('other')))
  const client = () => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0, fetch: server.fetch })
  const model = 'scripted'
  const say = (content: string) => [{ role: 'user' as const, content }]
  const lastOptions = () => mind.calls.at(-1)!.options

  describe('chat.completions.create', () => {
    it('answers with text, reason and usage', async () => {
      const answer = await client().chat.completions.create({ model, messages: say('hello') })
      expect(answer.choices[0].message.content).toBe('You said: hello')
      expect(answer.choices[0].finish_reason).toBe('stop')
      expect(answer.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 })
    })

    it('takes developer messages and text parts', async () => {
      await client().chat.completions.create({
        model,
        messages: [
          { role: 'developer', content: 'be brief' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'a' },
              { type: 'text', text: 'b' },
            ],
          },
        ],
      })
      expect(mind.calls.at(-1)!.messages).toMatchObject([
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'ab' },
      ])
    })

    it('gives as many choices as n says', async () => {
      const answer = await client().chat.completions.create({ model, messages: say('x'), n: 3 })
      expect(answer.choices.map(({ index }) => index)).toEqual([0, 1, 2])
    })

    it('gives log-probabilities with the most probable alternatives', async () => {
      const answer = await client().chat.completions.create({
        model,
        messages: say('x'),
        logprobs: true,
        top_logprobs: 2,
      })
      const [first] = answer.choices[0].logprobs!.content!
      expect(first).toMatchObject({ token: 'You ', logprob: -0.25 })
      expect(first.top_logprobs).toHaveLength(2)
    })

    it('ends at a stop string without showing it', async () => {
      const answer = await client().chat.completions.create({ model, messages: say('a b c'), stop: [' b'] })
      expect(answer.choices[0].message.content).toBe('You said: a')
    })

    it('ends at max_tokens and at max_completion_tokens with the reason length', async () => {
      for (const limit of [{ max_tokens: 2 }, { max_completion_tokens: 2 }]) {
        const answer = await client().chat.completions.create({ model, messages: say('one two three'), ...limit })
        expect(answer.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'You said: ' } })
      }
    })

    it('hands sampling on', async () => {
      await client().chat.completions.create({
        model,
        messages: say('x'),
        temperature: 0.5,
        top_p: 0.9,
        seed: 42,
        presence_penalty: 0.1,
        frequency_penalty: 0.2,
        logit_bias: { 5: -100 },
      })
      expect(lastOptions()).toMatchObject({
        temperature: 0.5,
        topP: 0.9,
        seed: 42,
        presencePenalty: 0.1,
        frequencyPenalty: 0.2,
        logitBias: { 5: -Infinity },
      })
    })

    it('gives reasoning apart from the answer', async () => {
      const answer = await client().chat.completions.create({ model, messages: say('think') })
      expect(answer.choices[0].message).toMatchObject({ reasoning_content: 'Let me see.', content: 'You said: think' })
    })

    it('calls a tool with valid arguments', async () => {
      const answer = await client().chat.completions.create({ model, messages: say('x'), tools: [weather] })
      const [call] = answer.choices[0].message.tool_calls!
      expect(answer.choices[0].finish_reason).toBe('tool_calls')
      expect(call.type === 'function' && isWeather(JSON.parse(call.function.arguments))).toBe(true)
      expect(call.id).not.toBe('')
    })

    it('calls tools in parallel, and one alone when told so', async () => {
      const ask = (parallel_tool_calls: boolean) =>
        client().chat.completions.create({
          model,
          messages: say('all tools'),
          tools: [weather, time],
          parallel_tool_calls,
        })
      expect((await ask(true)).choices[0].message.tool_calls).toHaveLength(2)
      expect((await ask(false)).choices[0].message.tool_calls).toHaveLength(1)
    })

    it('keeps every form of tool_choice', async () => {
      const tools = [weather, time]
      const named = (name: string) => ({ type: 'function' as const, function: { name } })
      const choices = [
        ['none', 'none'],
        ['auto', 'auto'],
        ['required', 'required'],
        [named('time'), { name: 'time' }],
        [
          { type: 'allowed_tools' as const, allowed_tools: { mode: 'required' as const, tools: [named('time')] } },
          { allowed: ['time'], mode: 'required' },
        ],
      ] as const
      for (const [tool_choice, toolChoice] of choices) {
        await client().chat.completions.create({ model, messages: say('x'), tools, tool_choice: tool_choice as 'none' })
        expect(lastOptions().toolChoice).toEqual(toolChoice)
      }
    })

    it('takes results of calls back', async () => {
      const messages = [
        ...say('x'),
        {
          role: 'assistant' as const,
          content: null,
          tool_calls: [
            { id: 'c1', type: 'function' as const, function: { name: 'weather', arguments: '{"city":"Bern"}' } },
          ],
        },
        { role: 'tool' as const, tool_call_id: 'c1', content: 'sunny' },
      ]
      const answer = await client().chat.completions.create({ model, messages, tools: [weather] })
      expect(answer.choices[0].message.content).toBe('It says sunny.')
    })
  })

  describe('chat.completions.parse and runTools', () => {
    it('parses an answer that a zod schema forms', async () => {
      const answer = await client().chat.completions.parse({
        model,
        messages: say('x'),
        response_format: zodResponseFormat(person as never, 'person'),
      })
      expect(person.parse(answer.choices[0].message.parsed)).toEqual({ name: 'text', age: 21, tags: ['text'] })
    })

    it('parses the arguments of a zod function', async () => {
      const tool = zodFunction({ name: 'weather', parameters: z.object({ city: z.string() }) as never })
      const answer = await client().chat.completions.parse({ model, messages: say('x'), tools: [tool] })
      expect(answer.choices[0].message.tool_calls).toMatchObject([{ function: { parsed_arguments: { city: 'Bern' } } }])
    })

    it('refuses to parse an answer that was cut off', async () => {
      const parse = client().chat.completions.parse({
        model,
        messages: say('x'),
        max_tokens: 1,
        response_format: zodResponseFormat(person as never, 'person'),
      })
      await expect(parse).rejects.toThrow(/length/i)
    })

    it('runs tools until the model has its answer', async () => {
      const cities: string[] = []
      const runner = client().chat.completions.runTools({
        model,
        messages: say('weather?'),
        tools: [
          {
            type: 'function',
            function: {
              name: 'weather',
              description: 'The weather now',
              parameters: weatherParameters,
              parse: (text: string) => JSON.parse(text) as { city: string },
              function: ({ city }: { city: string }) => {
                cities.push(city)
                return 'sunny'
              },
            },
          },
        ],
      })
      expect(await runner.finalContent()).toBe('It says sunny.')
      expect(cities).toEqual(['Bern'])
    })

    it('runs tools over streams', async () => {
      const runner = client().chat.completions.runTools({
        model,
        stream: true,
        messages: say('weather?'),
        tools: [
          {
            type: 'function',
            function: {
              name: 'weather',
              description: 'The weather now',
              parameters: weatherParameters,
              function: () => 'rain',
            },
          },
        ],
      })
      expect(await runner.finalContent()).toBe('It says rain.')
    })
  })

  describe('chat.completions.stream', () => {
    it('streams the text that the whole answer has, and the usage at the end', async () => {
      const stream = await client().chat.completions.create({
        model,
        messages: say('hello'),
        stream: true,
        stream_options: { include_usage: true },
      })
      let text = ''
      let usage: { total_tokens: number } | null | undefined
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? ''
        usage = chunk.usage
      }
      expect(text).toBe('You said: hello')
      expect(usage).toMatchObject({ total_tokens: 8 })
    })

    it('puts calls together', async () => {
      const stream = client().chat.completions.stream({
        model,
        messages: say('all tools, talk first'),
        tools: [weather, time],
      })
      const { message, finish_reason } = (await stream.finalChatCompletion()).choices[0]
      expect(message.content).toBe('One moment. ')
      expect(message.tool_calls).toMatchObject([
        { function: { name: 'weather', arguments: '{"city":"Bern"}' } },
        { function: { name: 'time', arguments: '{"zone":"UTC"}' } },
      ])
      expect(finish_reason).toBe('tool_calls')
    })

    it('gives every choice its own stream', async () => {
      const stream = await client().chat.completions.create({ model, messages: say('x'), n: 2, stream: true })
      const texts = ['', '']
      for await (const {
        choices: [choice],
      } of stream)
        texts[choice.index] += choice.delta.content ?? ''
      expect(texts).toEqual(['You said: x', 'You said: x'])
    })

    it('parses a streamed answer', async () => {
      const stream = client().chat.completions.stream({
        model,
        messages: say('x'),
        response_format: zodResponseFormat(person as never, 'person'),
      })
      const answer = await stream.finalChatCompletion()
      expect(person.parse(answer.choices[0].message.parsed).age).toBe(21)
    })

    it('has log-probabilities with each piece', async () => {
      const stream = await client().chat.completions.create({ model, messages: say('x'), logprobs: true, stream: true })
      const tokens: string[] = []
      for await (const {
        choices: [choice],
      } of stream)
        tokens.push(...(choice.logprobs?.content ?? []).map(({ token }) => token))
      expect(tokens.join('')).toBe('You said: x')
    })

    it('tells of a failure in the middle', async () => {
      const stream = await client().chat.completions.create({ model, messages: say('fail'), stream: true })
      let text = ''
      const read = async () => {
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
      }
      await expect(read()).rejects.toThrow(/worker died/)
      expect(text).toBe('So far ')
    })

    it('never calls a call that was cut off complete', async () => {
      const stream = client().chat.completions.stream({ model, messages: say('cut the call'), tools: [weather] })
      const { finish_reason } = (await stream.finalChatCompletion()).choices[0]
      expect(finish_reason).toBe('length')
    })

    it('stops the model when the reader leaves', async () => {
      const stream = await client().chat.completions.create({ model, messages: say('dawdle'), stream: true })
      for await (const _ of stream) break
      await expect.poll(() => mind.active()).toBe(0)
    })

    it('stops the model when the signal fires', async () => {
      const controller = new AbortController()
      const stream = await client().chat.completions.create(
        { model, messages: say('dawdle'), stream: true },
        { signal: controller.signal },
      )
      let pieces = 0
      for await (const _ of stream) if (++pieces === 3) controller.abort()
      await expect.poll(() => mind.active()).toBe(0)
      expect(lastOptions().signal?.aborted).toBe(true)
    })

    it('stops the model when a whole answer is given up', async () => {
      const controller = new AbortController()
      const answer = client().chat.completions.create({ model, messages: say('dawdle') }, { signal: controller.signal })
      await expect.poll(() => mind.active()).toBe(1)
      controller.abort()
      await expect(answer).rejects.toThrow(/abort/i)
      await expect.poll(() => mind.active()).toBe(0)
    })
  })

  describe('errors', () => {
    const refuse = (body: object) => client().chat.completions.create({ model, messages: say('x'), ...body } as never)

    it('has a 404 with the names of the models that there are', async () => {
      await expect(refuse({ model: 'none-such' })).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
    })

    it.each([
      ['a field that nobody knows', { frobnicate: 1 }, 'frobnicate'],
      ['a field that cannot be honoured', { prediction: { type: 'content', content: 'x' } }, 'prediction'],
      ['functions of yore', { functions: [{ name: 'f' }] }, 'functions'],
      ['a temperature out of range', { temperature: 3 }, 'temperature'],
      ['too many choices', { n: 99 }, 'n'],
      ['no message at all', { messages: [] }, 'messages'],
      [
        'an image',
        { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
        'messages[0].content[0].type',
      ],
      [
        'a choice of a tool that is not there',
        { tools: [weather], tool_choice: { type: 'function', function: { name: 'f' } } },
        'tool_choice',
      ],
      ['top_logprobs without logprobs', { top_logprobs: 2 }, 'top_logprobs'],
    ])('names %s', async (_, body, param) => {
      await expect(refuse(body)).rejects.toMatchObject({ status: 400, param })
    })
  })

  describe('other endpoints', () => {
    it('lists and shows models', async () => {
      const ids: string[] = []
      for await (const { id } of client().models.list()) ids.push(id)
      expect(ids).toEqual(['scripted', 'other'])
      expect((await client().models.retrieve('other')).id).toBe('other')
      await expect(client().models.retrieve('none')).rejects.toMatchObject({ status: 404 })
    })

    it('embeds texts, as base64 by default and as numbers', async () => {
      const plain = await client().embeddings.create({ model, input: ['a', 'bb'] })
      expect(plain.data.map(({ embedding }) => Array.from(embedding))).toEqual([
        [1, 1, 2, 3],
        [2, 1, 2, 3],
      ])
      const floats = await client().embeddings.create({ model, input: 'a', encoding_format: 'float' })
      expect(floats.data[0].embedding).toEqual([1, 1, 2, 3])
      expect(floats.usage.prompt_tokens).toBe(1)
    })

    it('completes a text, whole and as a stream', async () => {
      const answer = await client().completions.create({ model, prompt: 'Once', max_tokens: 8 })
      expect(answer.choices[0].text).toBe(' and so on')
      const stream = await client().completions.create({ model, prompt: 'Once', max_tokens: 8, stream: true })
      let text = ''
      for await (const chunk of stream) text += chunk.choices[0]?.text ?? ''
      expect(text).toBe(' and so on')
    })
  })
})

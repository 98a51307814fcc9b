import { describe, expect, it } from 'vitest'
import {
  endEvent,
  type ScriptOptions,
  scriptedModel,
  scriptedPool,
  toolCallEvents,
  words,
} from '../../../test/support/scripted-model.ts'
import { httpClient } from '../../../test/support/http-client.ts'
import { OstroError } from '../../util/error.ts'
import { createApp } from '../app.ts'

const messages = [{ role: 'user', content: 'hi' }]
const weather = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}

function serve(script: ScriptOptions = {}) {
  const model = scriptedModel(script)
  const client = httpClient(createApp({ models: scriptedPool(model) }))
  const post = (body: object) => client.post('/v1/chat/completions', { messages, ...body })
  return { model, post, answer: async (body: object) => (await post(body)).json }
}

describe('an answer', () => {
  it('holds the text, why it ended, and what it cost', async () => {
    const { answer } = serve()
    expect(await answer({})).toMatchObject({
      object: 'chat.completion',
      model: 'scripted',
      choices: [
        { index: 0, message: { role: 'assistant', content: 'Hello world', refusal: null }, finish_reason: 'stop' },
      ],
      usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7, prompt_tokens_details: { cached_tokens: 2 } },
    })
  })

  it('holds complete calls only, and null for no text', async () => {
    const { answer, model } = serve({
      answer: () => [...toolCallEvents(0, 'weather', { city: 'Bern' }), endEvent('tool-calls', 9)],
    })
    expect(await answer({ tools: [weather] })).toMatchObject({
      choices: [
        {
          message: {
            content: null,
            tool_calls: [
              { id: 'call_0', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } },
            ],
          },
          finish_reason: 'tool_calls',
        },
      ],
    })
    expect(model.calls[0].options.tools).toEqual([weather])
  })
})

describe('a stream', () => {
  it('has the role first, then the text, the reason, the usage, and the end mark', async () => {
    const { post } = serve({ answer: () => words('a', 'b') })
    const { events, done } = await post({ stream: true, stream_options: { include_usage: true } })
    expect(done).toBe(true)
    expect(events).toMatchObject([
      { choices: [{ delta: { role: 'assistant' }, finish_reason: null }], usage: null },
      { choices: [{ delta: { content: 'a' } }] },
      { choices: [{ delta: { content: 'b' } }] },
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
      { choices: [], usage: { total_tokens: 7 } },
    ])
  })

  it('opens a call with its index, id, type and name, then sends the arguments in pieces', async () => {
    const { post } = serve({ answer: () => [...toolCallEvents(0, 'weather', {}), endEvent('tool-calls', 9)] })
    const chunks = (await post({ stream: true, tools: [weather] })).events as {
      choices: { delta: { tool_calls?: unknown[] }; finish_reason: string | null }[]
    }[]
    const deltas = chunks.flatMap(({ choices: [{ delta }] }) => delta.tool_calls ?? [])
    expect(deltas).toEqual([
      { index: 0, id: 'call_0', type: 'function', function: { name: 'weather', arguments: '' } },
      { index: 0, function: { arguments: '{' } },
      { index: 0, function: { arguments: '}' } },
    ])
    expect(chunks.at(-1)?.choices[0].finish_reason).toBe('tool_calls')
  })
})

describe('several answers', () => {
  it('come with an index each, in a stream side by side; the prompt counts once', async () => {
    let asked = 0
    const { post, answer, model } = serve({ answer: () => words(`answer ${asked++}`) })
    expect(await answer({ n: 3, seed: 7 })).toMatchObject({
      choices: [0, 1, 2].map((index) => ({ index, message: { content: `answer ${index}` } })),
      usage: { prompt_tokens: 5, completion_tokens: 3 },
    })
    expect(model.calls.map(({ options }) => options.seed)).toEqual([7, 8, 9])
    const { events } = await post({ n: 2, stream: true })
    const choices = (events as { choices: { index: number; finish_reason: string | null }[] }[]).map(
      ({ choices: [choice] }) => choice,
    )
    expect(
      choices
        .filter(({ finish_reason }) => finish_reason === 'stop')
        .map(({ index }) => index)
        .toSorted(),
    ).toEqual([0, 1])
  })
})

describe('fields of the request', () => {
  it.each([
    [
      { temperature: 0.5, top_p: 0.9, top_k: 5, min_p: 0.1 },
      { temperature: 0.5, topP: 0.9, topK: 5, minP: 0.1 },
    ],
    [{}, { temperature: 0.6, topK: 64, topP: 0.95, minP: 0.05 }],
    [{ temperature: 1 }, { temperature: 1, topK: undefined, topP: undefined, minP: undefined }],
    [
      { presence_penalty: 1, frequency_penalty: -1 },
      { presencePenalty: 1, frequencyPenalty: -1 },
    ],
    [
      { repetition_penalty: 1.1, seed: -3 },
      { repetitionPenalty: 1.1, seed: -3 },
    ],
    [{ logit_bias: { 7: 1.5, 8: -100 } }, { logitBias: { 7: 1.5, 8: -Infinity } }],
    [{ stop: 'x' }, { stop: ['x'] }],
    [{ stop: ['x', 'y'] }, { stop: ['x', 'y'] }],
    [{ max_tokens: 3 }, { maxTokens: 3 }],
    [{ max_completion_tokens: 4, max_tokens: 4 }, { maxTokens: 4 }],
    [{ logprobs: true, top_logprobs: 2 }, { logprobs: 2 }],
    [{ logprobs: true }, { logprobs: 0 }],
    [{ response_format: { type: 'json_object' } }, { format: { type: 'json', object: true } }],
    [
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'a', description: 'fruits', strict: true, schema: { type: 'array' } },
        },
      },
      { format: { type: 'json-schema', schema: { type: 'array', description: 'fruits' } } },
    ],
    [{ response_format: { type: 'choice', choices: ['a'] } }, { format: { type: 'choice', choices: ['a'] } }],
    [{ reasoning_effort: 'none' }, { templateVariables: { reasoning_effort: 'none', enable_thinking: false } }],
    [{ chat_template_kwargs: { a: [1] } }, { templateVariables: { a: [1] } }],
    [{ tools: [weather] }, { tools: [weather], toolChoice: undefined }],
    [{ tool_format: 'universal' }, { toolFormat: 'universal' }],
    [{ tools: [weather], tool_choice: 'required' }, { toolChoice: 'required' }],
    [{ tools: [weather], parallel_tool_calls: false }, { parallelToolCalls: false }],
    [
      { tools: [weather], tool_choice: { type: 'function', function: { name: 'weather' } } },
      { toolChoice: { name: 'weather' } },
    ],
    [
      {
        tools: [weather],
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'weather' } }] },
        },
      },
      { toolChoice: { allowed: ['weather'], mode: 'required' } },
    ],
    [{ user: 'u', store: false, metadata: { a: 'b' }, service_tier: 'auto', safety_identifier: 's' }, {}],
    [{ temperature: null, stop: null, tools: null, functions: null, audio: null }, {}],
  ])('%j', async (fields, options) => {
    const { answer, model } = serve()
    expect(await answer(fields)).toMatchObject({ object: 'chat.completion' })
    expect(model.calls[0].options).toMatchObject(options)
  })

  it.each([
    [{ foo: 1 }, 'foo', 'unknown_parameter'],
    [{ stream_options: { foo: 1 }, stream: true }, 'stream_options.foo', 'unknown_parameter'],
    [{ audio: { voice: 'x' } }, 'audio', 'unsupported_parameter'],
    [{ functions: [] }, 'functions', 'unsupported_parameter'],
    [{ store: true }, 'store', 'invalid_value'],
    [{ modalities: ['audio'] }, 'modalities[0]', 'unsupported_parameter'],
    [{ messages: [] }, 'messages', 'invalid_value'],
    [{ messages: [{ role: 'king', content: 'x' }] }, 'messages[0].role', 'invalid_value'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content', 'invalid_value'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
      'messages[0].content[0].type',
      'unsupported_parameter',
    ],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id', 'invalid_type'],
    [{ tool_choice: 'required' }, 'tool_choice', 'invalid_value'],
    [
      { tools: [weather], tool_choice: { type: 'function', function: { name: 'other' } } },
      'tool_choice',
      'invalid_value',
    ],
    [
      { tools: [weather], tool_choice: { type: 'custom', custom: { name: 'x' } } },
      'tool_choice.type',
      'unsupported_parameter',
    ],
    [{ tools: [weather, weather] }, 'tools[1]', 'invalid_value'],
    [{ tools: [{ type: 'function', function: { name: 'a b' } }] }, 'tools[0].function.name', 'invalid_value'],
    [{ tools: [{ type: 'web_search' }] }, 'tools[0].type', 'unsupported_parameter'],
    [{ tools: Array.from({ length: 129 }, () => weather) }, 'tools', 'invalid_value'],
    [{ max_tokens: 3, max_completion_tokens: 4 }, 'max_tokens', 'invalid_value'],
    [{ top_logprobs: 2 }, 'top_logprobs', 'invalid_value'],
    [{ stream_options: {} }, 'stream_options', 'invalid_value'],
    [{ response_format: { type: 'xml' } }, 'response_format.type', 'invalid_value'],
    [
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'a', strict: true, schema: { type: 'object', properties: {} } },
        },
      },
      '/response_format/json_schema/schema/additionalProperties',
      'invalid_value',
    ],
    [{ model: 'none' }, 'model', 'model_not_found'],
  ])('%j is refused by name', async (fields, param, code) => {
    const { post } = serve()
    const { status, json } = await post(fields)
    expect(json).toMatchObject({ error: { param, code } })
    expect(status).toBe(code === 'model_not_found' ? 404 : 400)
  })
})

describe('messages', () => {
  it('become those of the engine: developer is system, parts are joined, results carry the name of their call', async () => {
    const { answer, model } = serve()
    await answer({
      messages: [
        { role: 'developer', content: 'be brief' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
        {
          role: 'assistant',
          content: null,
          refusal: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'rain' },
      ],
    })
    expect(model.calls[0].messages).toEqual([
      { role: 'system', content: 'be brief' },
      { role: 'user', content: 'ab' },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
      },
      { role: 'tool', content: 'rain', tool_call_id: 'c1', name: 'weather' },
    ])
  })
})

describe('failures', () => {
  it.each([
    ['context-overflow', 400, 'context_length_exceeded', 'messages'],
    ['not-a-chat-model', 400, 'not_a_chat_model', 'model'],
    ['invalid-argument', 400, 'invalid_value', 'top_k'],
    ['unsupported', 400, 'unsupported_value', 'top_k'],
    ['out-of-memory', 503, 'out_of_memory', null],
    ['device', 500, 'engine_failed', null],
  ] as const)('of the engine before the answer: %s is %i', async (engineCode, status, code, param) => {
    const { post } = serve({
      answer: () => {
        throw new OstroError(engineCode, 'what was wrong', { option: 'topK' })
      },
    })
    for (const stream of [false, true]) {
      const reply = await post({ stream })
      expect(reply.status).toBe(status)
      expect(reply.json).toMatchObject({ error: { code, param, message: 'what was wrong' } })
    }
  })

  it('in the middle of a stream are its last event', async () => {
    const { post } = serve({
      answer: async function* () {
        yield* words('a')
        throw new OstroError('device', 'the worker died')
      },
    })
    const { status, events, done } = await post({ stream: true })
    expect(status).toBe(200)
    expect(events.at(-1)).toEqual({
      error: { message: 'the worker died', type: 'server_error', param: null, code: 'engine_failed' },
    })
    expect(done).toBe(false)
  })

  it('that are defects keep their details to the log', async () => {
    const log: string[] = []
    const model = scriptedModel({
      answer: () => {
        throw new Error('secret path')
      },
    })
    const app = createApp({ models: scriptedPool(model), log: ({ error }) => log.push(String(error)) })
    const { status, text } = await httpClient(app).post('/v1/chat/completions', { messages })
    expect(status).toBe(500)
    expect(text).not.toContain('secret')
    expect(log.join()).toContain('secret path')
  })
})

import { describe, expect, it } from 'vitest'
import { httpClient } from '../../../test/support/http-client.ts'
import {
  endEvent,
  scriptedModel,
  type ScriptOptions,
  scriptedPool,
  words,
} from '../../../test/support/scripted-model.ts'
import type { ChatEvent } from '../../tools/chat-model.ts'
import { createApp } from '../app.ts'

function serve(script: ScriptOptions = {}) {
  const model = scriptedModel(script)
  const client = httpClient(createApp({ models: scriptedPool(model) }))
  return { model, post: (body: object) => client.post('/v1/completions', { prompt: 'ab', ...body }) }
}

const withLogprobs: ChatEvent[] = [
  {
    type: 'text-delta',
    text: 'cd',
    logprobs: [
      { token: 99, text: 'c', logprob: -0.5, top: [{ token: 99, text: 'c', logprob: -0.5 } as never] },
      { token: 100, text: 'd', logprob: -Infinity, top: [] },
    ],
  },
  endEvent('length', 2),
]

describe('a completion', () => {
  it('continues the text, for 16 tokens unless told otherwise', async () => {
    const { post, model } = serve()
    expect((await post({})).json).toMatchObject({
      object: 'text_completion',
      choices: [{ text: 'Hello world', index: 0, logprobs: null, finish_reason: 'stop' }],
      usage: { prompt_tokens: 5, completion_tokens: 2 },
    })
    expect(model.calls[0]).toMatchObject({ prompt: 'ab', options: { maxTokens: 16 } })
  })

  it.each([
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [[1, 2], [[1, 2]]],
    [
      [[1], [2, 3]],
      [[1], [2, 3]],
    ],
  ] as [unknown, unknown[]][])('takes the prompts %j', async (prompt, prompts) => {
    const { post, model } = serve()
    const { json } = await post({ prompt, n: 2 })
    expect(model.calls.map((call) => call.prompt)).toEqual(prompts.flatMap((one) => [one, one]))
    expect((json as { choices: { index: number }[] }).choices.map(({ index }) => index)).toEqual(
      Array.from({ length: prompts.length * 2 }, (_, index) => index),
    )
    expect(json).toMatchObject({ usage: { prompt_tokens: 5 * prompts.length, completion_tokens: 4 * prompts.length } })
  })

  it('begins with the prompt where it is echoed, log-probabilities included', async () => {
    const { post } = serve({ answer: () => withLogprobs })
    const { json } = await post({ echo: true, logprobs: 1 })
    expect(json).toMatchObject({
      choices: [
        {
          text: 'abcd',
          finish_reason: 'length',
          logprobs: {
            tokens: ['a', 'b', 'c', 'd'],
            text_offset: [0, 1, 2, 3],
            token_logprobs: [null, {}, -0.5, -9999],
          },
        },
      ],
    })
    // The scripted logits are 5 for "a" and 0 for the other 255.
    const [{ logprobs }] = (json as { choices: { logprobs: { token_logprobs: number[]; top_logprobs: object[] } }[] })
      .choices
    const logSum = Math.log(Math.exp(5) + 255)
    expect(logprobs.token_logprobs[1]).toBeCloseTo(-logSum, 6)
    expect(logprobs.top_logprobs[1]).toEqual({ a: expect.closeTo(5 - logSum, 6) as number })
  })

  it('is the prompt alone with max_tokens 0', async () => {
    const { post, model } = serve()
    expect((await post({ echo: true, max_tokens: 0 })).json).toMatchObject({
      choices: [{ text: 'ab', finish_reason: 'length' }],
      usage: { prompt_tokens: 2, completion_tokens: 0 },
    })
    expect(model.calls).toEqual([])
  })

  it('fills in the middle where there is a suffix', async () => {
    const { post } = serve()
    expect((await post({ suffix: 'yz' })).json).toMatchObject({ choices: [{ text: '[ab|yz]' }] })
    const { events } = await post({ suffix: 'yz', stream: true })
    expect(events[0]).toMatchObject({ choices: [{ text: '[ab|yz]' }] })
  })

  it('streams: echo first, then pieces, reason, usage, end mark', async () => {
    const { post } = serve({ answer: () => words('c', 'd') })
    const { events, done } = await post({ stream: true, echo: true, stream_options: { include_usage: true } })
    expect(done).toBe(true)
    expect(events).toMatchObject([
      { choices: [{ text: 'ab', finish_reason: null }], usage: null },
      { choices: [{ text: 'c' }] },
      { choices: [{ text: 'd' }] },
      { choices: [{ text: '', finish_reason: 'stop' }] },
      { choices: [], usage: { completion_tokens: 2 } },
    ])
  })

  it.each([
    [{ best_of: 2 }, 'best_of', 'unsupported_parameter'],
    [{ max_tokens: 0 }, 'max_tokens', 'invalid_value'],
    [{ n: 8, prompt: 'abcdefghi'.split('') }, 'n', 'invalid_value'],
    [{ suffix: 'x', prompt: ['a'] }, 'suffix', 'invalid_value'],
    [{ suffix: 'x', echo: true }, 'echo', 'unsupported_parameter'],
    [{ prompt: [] }, 'prompt', 'invalid_value'],
    [{ prompt: [-1] }, 'prompt', 'invalid_value'],
    [{ messages: [] }, 'messages', 'unknown_parameter'],
  ])('%j is refused by name', async (fields, param, code) => {
    const { post } = serve()
    const { status, json } = await post(fields)
    expect([status, json]).toMatchObject([400, { error: { code } }])
    expect((json as { error: { param: string } }).error.param).toContain(param)
  })

  it('counts offsets in the text, to which a BOS does not belong', async () => {
    const model = scriptedModel({ answer: () => withLogprobs })
    const withBos: typeof model = {
      ...model,
      tokenize: async (text) => [0, ...(await model.tokenize(text))],
      detokenize: async ([token], options) => (token !== 0 ? model.detokenize([token]) : options?.special ? '<s>' : ''),
    }
    const client = httpClient(createApp({ models: scriptedPool(withBos) }))
    const { json } = await client.post('/v1/completions', { prompt: 'ab', echo: true, logprobs: 0 })
    expect(json).toMatchObject({
      choices: [{ logprobs: { tokens: ['<s>', 'a', 'b', 'c', 'd'], text_offset: [0, 0, 1, 2, 3] } }],
    })
  })

  it('tells how long a prompt may be whose own log-probabilities are asked for', async () => {
    const model = scriptedModel()
    const large = { ...model, info: { ...model.info, vocabularySize: 2 ** 20 } }
    const client = httpClient(createApp({ models: scriptedPool(large) }))
    const ask = (length: number) =>
      client.post('/v1/completions', { prompt: 'x'.repeat(length), echo: true, logprobs: 1 })
    expect((await ask(65)).json).toMatchObject({
      error: { param: 'echo', message: expect.stringContaining('64 tokens') as string },
    })
  })
})

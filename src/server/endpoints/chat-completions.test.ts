import { describe, expect, it } from 'vitest'
import {
  endEvent,
  type ScriptOptions,
  scriptedModel,
  scriptedPool,
  toolCallEvents,
  words,
} from '../../../test/support/scripted-model.ts'
import { createApp } from '../app.ts'

const messages = [{ role: 'user', content: 'hi' }]
const weather = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}

function serve(script: ScriptOptions = {}) {
  const model = scriptedModel(script)
  const app = createApp({ models: scriptedPool(model) })
  const post = (body: object) =>
    app.request('/v1/chat/completions', { method: 'POST', body: JSON.stringify({ messages, ...body }) })
  return { model, app, post, answer: async (body: object) => (await post(body)).json() as Promise<never> }
}

/** The data of all events; the comments are left out. */
async function eventsOf(response: Response): Promise<unknown[]> {
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: '))
  expect(lines.at(-1)).toBe('data: [DONE]')
  return lines.slice(0, -1).map((line) => JSON.parse(line.slice(6)) as unknown)
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
    const chunks = await eventsOf(await post({ stream: true, stream_options: { include_usage: true } }))
    expect(chunks).toMatchObject([
      { choices: [{ delta: { role: 'assistant' }, finish_reason: null }], usage: null },
      { choices: [{ delta: { content: 'a' } }] },
      { choices: [{ delta: { content: 'b' } }] },
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
      { choices: [], usage: { total_tokens: 7 } },
    ])
  })

  it('opens a call with its index, id, type and name, then sends the arguments in pieces', async () => {
    const { post } = serve({ answer: () => [...toolCallEvents(0, 'weather', {}), endEvent('tool-calls', 9)] })
    const chunks = (await eventsOf(await post({ stream: true, tools: [weather] }))) as {
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

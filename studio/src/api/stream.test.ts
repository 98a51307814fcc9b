import { describe, expect, it } from 'vitest'
import { eventsOf } from './stream-chat.ts'
import { completionEventsOf } from './stream-completion.ts'

const chunk = (delta: object, finish_reason: string | null = null) => ({ choices: [{ delta, finish_reason }] })

describe('eventsOf a chat chunk', () => {
  it('names text, reasoning, calls, the end and the usage', () => {
    expect([...eventsOf(chunk({ role: 'assistant', content: '' }))]).toEqual([])
    expect([...eventsOf(chunk({ reasoning_content: 'hm', content: 'a' }))]).toEqual([
      { type: 'reasoning-delta', text: 'hm' },
      { type: 'text-delta', text: 'a' },
    ])
    const call = { index: 1, id: 'c', function: { name: 'f', arguments: '' } }
    expect([...eventsOf(chunk({ tool_calls: [call, { index: 1, function: { arguments: '{' } }] }))]).toEqual([
      { type: 'tool-call-start', index: 1, id: 'c', name: 'f' },
      { type: 'tool-call-delta', index: 1, arguments: '{' },
    ])
    expect([...eventsOf(chunk({}, 'stop'))]).toEqual([{ type: 'end', reason: 'stop' }])
    const usage = { prompt_tokens: 5, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 3 } }
    expect([...eventsOf({ choices: [], usage })]).toEqual([
      { type: 'usage', usage: { promptTokens: 5, cachedTokens: 3, generatedTokens: 2 } },
    ])
  })
})

describe('completionEventsOf a chunk', () => {
  const logprobs = { tokens: [' a', 'b'], token_logprobs: [-0.1, null], top_logprobs: [{ ' x': -3, ' a': -0.1 }, null] }

  it('gives one token each with its rivals, best first', () => {
    expect([...completionEventsOf({ choices: [{ text: ' ab', logprobs }] })]).toEqual([
      {
        type: 'tokens',
        tokens: [
          {
            text: ' a',
            logprob: -0.1,
            top: [
              { text: ' a', logprob: -0.1 },
              { text: ' x', logprob: -3 },
            ],
          },
          { text: 'b', logprob: undefined, top: [] },
        ],
      },
    ])
  })

  it('keeps the text where the tokens do not add up to it', () => {
    const [event] = completionEventsOf({ choices: [{ text: 'é', logprobs }] })
    expect(event).toMatchObject({ tokens: [{ text: 'é', logprob: -0.1 }] })
  })

  it('takes text without log-probabilities as one piece', () => {
    const [event] = completionEventsOf({ choices: [{ text: 'abc' }] })
    expect(event).toEqual({ type: 'tokens', tokens: [{ text: 'abc', logprob: undefined, top: [] }] })
  })
})

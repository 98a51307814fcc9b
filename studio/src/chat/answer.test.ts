import { describe, expect, it } from 'vitest'
import type { AnswerEvent } from '../api/stream-chat.ts'
import { emptyAnswer, failAnswer, growAnswer, setResult, stopAnswer, tokensPerSecond } from './answer.ts'

/** One event each 100 ms, the first one after 500 ms. */
const grow = (...events: AnswerEvent[]) =>
  events.reduce((answer, event, index) => growAnswer(answer, event, 500 + 100 * index), emptyAnswer('m'))

const call = (index: number, ...pieces: string[]): AnswerEvent[] => [
  { type: 'tool-call-start', index, id: `c${index}`, name: 'f' },
  ...pieces.map((piece) => ({ type: 'tool-call-delta', index, arguments: piece }) as const),
]

describe('an answer', () => {
  it('grows by text and ends with what it cost', () => {
    const answer = grow(
      { type: 'text-delta', text: 'a' },
      { type: 'text-delta', text: 'b' },
      { type: 'end', reason: 'stop' },
      { type: 'usage', usage: { promptTokens: 3, cachedTokens: 0, generatedTokens: 5 } },
    )
    expect(answer).toMatchObject({
      text: 'ab',
      status: 'done',
      finishReason: 'stop',
      timings: { firstTokenMs: 500, totalMs: 700 },
    })
    expect(tokensPerSecond(answer)).toBeCloseTo(4 / 0.2)
  })

  it('measures how long it thought, from the first thought to the first word', () => {
    const answer = grow(
      { type: 'reasoning-delta', text: 'x' },
      { type: 'reasoning-delta', text: 'y' },
      { type: 'text-delta', text: 'a' },
      { type: 'text-delta', text: 'b' },
    )
    expect(answer).toMatchObject({ reasoning: 'xy', text: 'ab', timings: { reasoningMs: 200 } })
  })

  it('collects the pieces of each call apart', () => {
    const answer = grow(...call(0, '{"a"', ':1}'), ...call(1, '{}'))
    expect(answer.toolCalls.map((each) => each.arguments)).toEqual(['{"a":1}', '{}'])
    expect(setResult(answer, 'c1', 'ok').toolCalls.map((each) => each.result)).toEqual([undefined, 'ok'])
  })

  it('keeps only complete calls when it is stopped or fails', () => {
    const answer = grow(...call(0, '{}'), ...call(1, '{"a'))
    const failure = { status: 500, code: undefined, message: 'x', field: undefined, retryAfterSeconds: undefined }
    expect(stopAnswer(answer)).toMatchObject({ status: 'stopped', toolCalls: [{ id: 'c0' }] })
    expect(failAnswer(answer, failure)).toMatchObject({ status: 'failed', toolCalls: [{ id: 'c0' }] })
    expect(stopAnswer(answer).toolCalls).toHaveLength(1)
  })

  it('has no speed before there are two tokens', () => {
    expect(tokensPerSecond(grow({ type: 'text-delta', text: 'a' }))).toBeUndefined()
  })
})

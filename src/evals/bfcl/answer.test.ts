import { describe, expect, it } from 'vitest'
import type { Model } from '../../engine/model.ts'
import type { ChatEvent, ChatOptions } from '../../tools/index.ts'
import { OstroError } from '../../util/error.ts'
import { evaluateItem } from './answer.ts'
import { readDataSet } from './data-set.ts'

const line = JSON.stringify({
  id: 'simple_python_0',
  question: [[{ role: 'user', content: 'Factorial of 5?' }]],
  function: [
    { name: 'math.factorial', parameters: { type: 'dict', properties: { n: { type: 'integer' } }, required: ['n'] } },
  ],
  ground_truth: [{ 'math.factorial': { n: [5] } }],
})
const [item] = readDataSet('simple_python', line)
const usage = { promptTokens: 40, cachedTokens: 0, generatedTokens: 9 }
const timings = { waitMs: 0, prefillMs: 0, decodeMs: 0 }

/** Answers what it is told to, and keeps what it was asked. */
function scripted(answer: { readonly arguments?: string; readonly text?: string }) {
  const asked: ChatOptions[] = []
  const model = {
    info: { kind: 'base' },
    render: async () => 'prompt',
    tokenize: async () => [1],
    complete: async () => ({ text: answer.text, usage }),
    async *chat(_messages: unknown, options: ChatOptions): AsyncGenerator<ChatEvent> {
      asked.push(options)
      const call = { type: 'tool-call', index: 0, id: 'a', name: 'math_factorial' } as const
      if (answer.arguments !== undefined) yield { ...call, arguments: answer.arguments }
      yield { type: 'end', reason: 'tool-calls', usage, timings, seed: 0 }
    },
  }
  return { model: model as unknown as Model, asked }
}

describe('evaluateItem', () => {
  it('asks as users do, greedily, and gives names back', async () => {
    const { model, asked } = scripted({ arguments: '{"n": 5}' })
    expect(await evaluateItem(model, item)).toEqual({ fault: undefined, usage })
    expect(asked[0]).toMatchObject({ temperature: 0, tools: [{ function: { name: 'math_factorial' } }] })
    expect(asked[0].toolChoice).toBeUndefined()
    expect(asked[0].toolFormat).toBeUndefined()
  })

  it('keeps floats and ints apart', async () => {
    expect((await evaluateItem(scripted({ arguments: '{"n": 5.0}' }).model, item)).fault?.kind).toBe('wrong-type')
  })

  it('holds to a format', async () => {
    const { model, asked } = scripted({})
    expect((await evaluateItem(model, item, 'universal')).fault?.kind).toBe('wrong-count')
    expect(asked[0].toolFormat).toBe('universal')
  })

  it('reads calls out of text', async () => {
    expect(
      (await evaluateItem(scripted({ text: ' [math_factorial(n=5)]' }).model, item, 'prompt')).fault,
    ).toBeUndefined()
    expect((await evaluateItem(scripted({ text: ' 120' }).model, item, 'prompt')).fault?.kind).toBe('wrong-count')
    const { fault } = await evaluateItem(scripted({ text: ' math_factorial(5)' }).model, item, 'prompt')
    expect(fault?.kind).toBe('unreadable')
  })

  it('counts what does not fit as wrong, whatever is expected', async () => {
    const refusing = {
      chat() {
        throw new OstroError('context-overflow', 'too long', { promptTokens: 9000 })
      },
    }
    const none = { ...item, category: 'irrelevance' } as const
    expect(await evaluateItem(refusing as unknown as Model, none)).toMatchObject({
      fault: { kind: 'no-room' },
      usage: { promptTokens: 9000 },
    })
  })
})

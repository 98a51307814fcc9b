import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { ChatEvent, ChatMessage, ChatModel, ChatOptions } from './chat-model.ts'
import { type LoopEvent, type LoopOptions, runToolLoop } from './loop.ts'
import { tool } from './tool.ts'

const usage = { promptTokens: 10, cachedTokens: 4, generatedTokens: 2 }
const timings = { waitMs: 0, prefillMs: 0, decodeMs: 0 }

/** Turns are given; what the model was asked is kept. */
function scriptedModel(turns: readonly (readonly ChatEvent[] | string)[]) {
  const asked: { messages: readonly ChatMessage[]; options: ChatOptions }[] = []
  const model: ChatModel = {
    async *chat(messages, options = {}) {
      const turn = turns[asked.length] ?? 'nothing more'
      asked.push({ messages, options })
      const events: readonly ChatEvent[] = typeof turn === 'string' ? [{ type: 'text-delta', text: turn }] : turn
      yield* events
      const reason = events.some(({ type }) => type === 'tool-call') ? 'tool-calls' : 'stop'
      yield { type: 'end', reason, usage, timings, seed: 1 }
    },
  }
  return { model, asked }
}

const call = (index: number, name: string, value: unknown): ChatEvent => {
  return { type: 'tool-call', index, id: `call_${index}`, name, arguments: JSON.stringify(value) }
}

const weather = tool({
  name: 'weather',
  input: z.object({ city: z.string(), days: z.number().default(1) }),
  run: ({ city, days }) => ({ city, days, sky: 'clear' }),
})

const question: readonly ChatMessage[] = [{ role: 'user', content: 'Weather in Bonn and Rome?' }]

async function collect(model: ChatModel, options: LoopOptions): Promise<LoopEvent[]> {
  const events: LoopEvent[] = []
  for await (const event of runToolLoop(model, question, options)) events.push(event)
  return events
}

const lastOf = (events: readonly LoopEvent[]) => {
  const end = events.at(-1)
  if (end?.type !== 'end') throw new Error('the last event is not the end')
  return end
}

describe('runToolLoop', () => {
  it('runs the calls of a turn, tells the results in order and lets the model answer', async () => {
    const { model, asked } = scriptedModel([
      [call(0, 'weather', { city: 'Bonn' }), call(1, 'weather', { city: 'Rome', days: 2 })],
      'Clear in both.',
    ])
    const events = await collect(model, { tools: [weather], toolChoice: 'required' })
    expect(asked[1]?.messages).toEqual([
      ...question,
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_0', type: 'function', function: { name: 'weather', arguments: '{"city":"Bonn"}' } },
          { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome","days":2}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_0', name: 'weather', content: '{"city":"Bonn","days":1,"sky":"clear"}' },
      { role: 'tool', tool_call_id: 'call_1', name: 'weather', content: '{"city":"Rome","days":2,"sky":"clear"}' },
    ])
    expect(asked.map(({ options }) => options.toolChoice)).toEqual(['required', 'auto'])
    const end = lastOf(events)
    expect([end.reason, end.steps, end.usage.promptTokens, end.messages.length]).toEqual(['stop', 2, 20, 4])
    expect(events.map(({ type }) => type)).toEqual([
      'tool-call',
      'tool-call',
      'tool-result',
      'tool-result',
      'step-end',
      'text-delta',
      'end',
    ])
  })

  it('gives models data only', async () => {
    const { model, asked } = scriptedModel(['Hello.'])
    await collect(model, { tools: [weather] })
    expect(() => structuredClone(asked[0]?.options.tools)).not.toThrow()
    expect(asked[0]?.options.tools?.[0]?.function.parameters).toMatchObject({ required: ['city'] })
  })

  it('runs calls side by side', async () => {
    let open = 0
    let most = 0
    const both = Promise.withResolvers<void>()
    const slow = tool({
      name: 'slow',
      run: async () => {
        open++
        most = Math.max(most, open)
        if (open === 2) both.resolve()
        await both.promise
      },
    })
    const { model } = scriptedModel([[call(0, 'slow', {}), call(1, 'slow', {})], 'Done.'])
    await collect(model, { tools: [slow] })
    expect(most).toBe(2)
  })

  it('tells the model of failures, refused arguments, denials and missed time limits, and goes on', async () => {
    const tools = [
      weather,
      tool({ name: 'broken', run: () => Promise.reject(new Error('no route')) }),
      tool({ name: 'risky', run: () => 'done', needsApproval: true }),
      tool({ name: 'endless', run: () => new Promise(() => undefined), timeoutMs: 5 }),
    ]
    const calls = ['broken', 'risky', 'endless'].map((name, index) => call(index, name, {}))
    const { model, asked } = scriptedModel([[...calls, call(3, 'weather', { city: 7 })], 'Sorry.'])
    const events = await collect(model, { tools, approve: () => ({ denied: 'too risky' }) })
    const contents = asked[1]?.messages.slice(2).map(({ content }) => JSON.parse(String(content)) as { error: string })
    expect(contents?.map(({ error }) => error)).toEqual([
      'no route',
      'denied: too risky',
      'no answer within 5 ms',
      expect.stringContaining('city'),
    ])
    expect(lastOf(events).reason).toBe('stop')
  })

  it('runs what is approved, and asks once per call', async () => {
    const approved: string[] = []
    const risky = tool({ name: 'risky', run: () => 'done', needsApproval: true })
    const { model, asked } = scriptedModel([[call(0, 'risky', {})], 'Fine.'])
    await collect(model, { tools: [risky], approve: ({ id }) => approved.push(id) > 0 })
    expect(approved).toEqual(['call_0'])
    expect(asked[1]?.messages.at(-1)?.content).toBe('done')
  })

  it('leaves calls without a function to the caller, and those of the last step', async () => {
    const foreign = { type: 'function', function: { name: 'foreign' } } as const
    const mixed = scriptedModel([[call(0, 'weather', { city: 'Bonn' }), call(1, 'foreign', {})]])
    const left = await collect(mixed.model, { tools: [weather, foreign] })
    expect(left.some(({ type }) => type === 'tool-result')).toBe(false)
    expect(lastOf(left).reason).toBe('tool-calls')
    const stubborn = scriptedModel(Array.from({ length: 9 }, () => [call(0, 'weather', { city: 'Bonn' })]))
    const end = lastOf(await collect(stubborn.model, { tools: [weather], maxSteps: 3 }))
    expect([end.reason, end.steps, stubborn.asked.length]).toEqual(['tool-calls', 3, 3])
  })

  it('ends when the caller stops it, although a tool does not mind the signal', async () => {
    const controller = new AbortController()
    const deaf = tool({ name: 'deaf', run: () => new Promise(() => controller.abort()) })
    const { model } = scriptedModel([[call(0, 'deaf', {})], 'Never said.'])
    const end = lastOf(await collect(model, { tools: [deaf], signal: controller.signal }))
    expect([end.reason, end.steps]).toEqual(['aborted', 1])
  })

  it('refuses limits out of range', async () => {
    const { model } = scriptedModel([])
    await expect(collect(model, { tools: [weather], maxSteps: 0 })).rejects.toMatchObject({ code: 'invalid-argument' })
  })
})

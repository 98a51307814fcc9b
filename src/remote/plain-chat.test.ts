import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatEvent, ChatOptions, ToolDefinition } from '../tools/chat-model.ts'
import { plainChat } from './plain-chat.ts'

const parameters = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1, maximum: 14 } },
  required: ['city'],
  additionalProperties: false,
} as const
const weather: ToolDefinition = { type: 'function', function: { name: 'weather', parameters } }
const messages = [{ role: 'user', content: 'Weather in Bonn?' }]
const isValid = new Ajv().compile(parameters)

interface Asked {
  readonly prompt: string
  readonly max_tokens: number
  readonly stream?: boolean
}

/** A server of plain completions: `write` says how the text goes on, `rank` the next tokens. */
function plainServer(
  write: (prompt: string) => readonly string[],
  rank: (prompt: string) => readonly string[] = () => [],
) {
  const asked: Asked[] = []
  const answer = async (_: unknown, init?: RequestInit): Promise<Response> => {
    const body = JSON.parse(String(init?.body)) as Asked
    asked.push(body)
    if (body.stream !== true) {
      const top = Object.fromEntries(rank(body.prompt).map((text, index) => [text, -index]))
      return Response.json({ choices: [{ text: '', logprobs: { top_logprobs: [top] } }] })
    }
    const pieces = write(body.prompt).slice(0, body.max_tokens)
    const events = pieces.map((text) => `data: ${JSON.stringify({ choices: [{ text }] })}\n\n`)
    return new Response(`${events.join('')}data: [DONE]\n\n`)
  }
  const model = plainChat({ baseUrl: 'http://plain.test/v1', model: 'm', fetch: answer as typeof fetch })
  return { model, asked }
}

async function collect(model: ReturnType<typeof plainChat>, options: ChatOptions) {
  const events: ChatEvent[] = []
  for await (const event of model.chat(messages, options)) events.push(event)
  const calls = events.flatMap((event) => (event.type === 'tool-call' ? [event] : []))
  const text = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('')
  const end = events.at(-1)
  if (end?.type !== 'end') throw new Error('the last event is not the end')
  return { calls, text, end }
}

describe('plainChat', () => {
  it('writes what is forced itself and takes the rest from the server', async () => {
    const { model, asked } = plainServer(() => ['city="Bo', 'nn"', ')', ']', '\nQuestion: more'])
    const { calls, end } = await collect(model, { tools: [weather], toolChoice: 'required', parallelToolCalls: false })
    expect(asked[0]?.prompt).toMatch(/Call: \[weather\($/)
    expect(calls.map(({ name }) => name)).toEqual(['weather'])
    expect(end.reason).toBe('tool-calls')
  })

  it('cuts what is illegal and goes on with the next best legal token', async () => {
    const { model } = plainServer(
      (prompt) => (prompt.endsWith('"') ? ['Bonn', '", "days": ', '99', '}}]'] : ['"', 'city": 7']),
      (prompt) => (prompt.endsWith('9') ? ['9', '}}]'] : ['7', ' "', '"']),
    )
    const { calls } = await collect(model, { tools: [weather], toolChoice: 'required' })
    expect(calls.length).toBeGreaterThan(0)
    for (const call of calls) expect(isValid(JSON.parse(call.arguments))).toBe(true)
  })

  it('keeps the choice and the schema whatever the server writes', async () => {
    const pieces = fc.array(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('{', '"city', '": ', '"', '}', ']')),
    )
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 60 }), async (written, maxTokens) => {
        const { model } = plainServer(() => written)
        const { calls, text, end } = await collect(model, {
          tools: [weather],
          toolChoice: { name: 'weather' },
          maxTokens,
        })
        for (const call of calls) expect(isValid(JSON.parse(call.arguments))).toBe(true)
        expect(text).toBe('')
        expect(end.reason).toBe(calls.length > 0 && end.reason !== 'length' ? 'tool-calls' : 'length')
      }),
      { numRuns: 60 },
    )
  })

  it('answers in text where the model wants to, and holds it to a format', async () => {
    const prose = plainServer(() => [' It is', ' sunny.', '\nRequest:'])
    expect(await collect(prose.model, { tools: [weather] })).toMatchObject({ text: 'It is sunny.', calls: [] })
    const formed = plainServer(
      () => ['maybe'],
      () => ['maybe', ' y'],
    )
    const choices = ['yes', 'no']
    expect(choices).toContain((await collect(formed.model, { format: { type: 'choice', choices } })).text.trim())
  })

  it('says what it cannot keep, and what the server refused', async () => {
    const { model } = plainServer(() => [])
    await expect(collect(model, { stop: ['x'] })).rejects.toMatchObject({ code: 'unsupported' })
    const refusing = plainChat({
      baseUrl: 'http://plain.test/v1',
      model: 'm',
      fetch: (async () => new Response('no such model', { status: 404 })) as typeof fetch,
    })
    await expect(collect(refusing, {})).rejects.toMatchObject({ code: 'not-found' })
  })
})

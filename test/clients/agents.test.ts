/** OpenAI's agents library on our server, over responses and over chat completions. */
import {
  Agent,
  handoff,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  run,
  setTracingDisabled,
  tool,
} from '@openai/agents'
import OpenAI from 'openai7'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { scriptedPool } from '../support/scripted-model.ts'
import { scriptedMind } from './support/scripted-mind.ts'
import { useTestServer } from './support/test-server.ts'

setTracingDisabled(true)
const person = z.object({ name: z.string(), age: z.number() })
const weather = tool({
  name: 'weather',
  description: 'The weather in a city',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `rain in ${city}`,
})

describe.each([
  { way: 'responses', AgentModel: OpenAIResponsesModel },
  { way: 'chat completions', AgentModel: OpenAIChatCompletionsModel },
])('agents over $way', ({ AgentModel }) => {
  const mind = scriptedMind()
  const server = useTestServer(() => scriptedPool(mind))
  const model = () => {
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0, fetch: server.fetch })
    return new AgentModel(client as never, 'scripted')
  }
  const base = { name: 'Ann', instructions: 'be brief' }

  it('answers', async () => {
    expect((await run(new Agent({ ...base, model: model() }), 'hello')).finalOutput).toBe('You said: hello')
    expect(mind.calls.at(-1)!.messages![0]).toEqual({ role: 'system', content: 'be brief' })
  })

  it('goes round with a tool', async () => {
    const { finalOutput } = await run(new Agent({ ...base, model: model(), tools: [weather] }), 'think, then weather?')
    expect(finalOutput).toBe('It says rain in Bern.')
  })

  it('streams', async () => {
    const result = await run(new Agent({ ...base, model: model(), tools: [weather] }), 'weather?', { stream: true })
    let text = ''
    for await (const piece of result.toTextStream()) text += piece
    await result.completed
    expect(text).toBe('It says rain in Bern.')
    expect(result.finalOutput).toBe(text)
  })

  it('gives output of a type', async () => {
    const { finalOutput } = await run(new Agent({ ...base, model: model(), outputType: person }), 'x')
    expect(finalOutput).toEqual({ name: 'text', age: 21 })
  })

  it('hands over to another agent', async () => {
    const ben = new Agent({ name: 'Ben', instructions: 'be kind', model: model() })
    const { lastAgent } = await run(new Agent({ ...base, model: model(), handoffs: [handoff(ben)] }), 'x')
    expect(lastAgent?.name).toBe('Ben')
  })
})

/** Basic agents on the models that ship: budgets hold, samples share one reading of their prompt, base models call tools. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bestOfN, calculateTool, loop, reflection, selfConsistency, textVerifier } from '../../src/agents/index.ts'
import { load, type Model } from '../../src/index.ts'
import { resultOf } from '../../src/tools/steps/run.ts'
import { eventsOf } from '../support/events-of.ts'
import { realModelPath } from '../support/models.ts'

const [chatPath, basePath] = [await realModelPath('smollm2'), await realModelPath('gemma3')]

describe.runIf(chatPath !== undefined)('smollm2', () => {
  let model: Model
  beforeAll(async () => {
    model = await load(chatPath as string, { threads: 2 })
  })
  afterAll(() => model.dispose())
  const verifier = textVerifier([{ kind: 'contains', text: 'no such words' }])
  const prompt = [{ role: 'user', content: `Name a colour. ${'It should be a nice one. '.repeat(20)}` }]

  it('reads the prompt of n samples once', async () => {
    const [samples, maxTokens] = [6, 8]
    const options = { verifier, samples, maxTokens, seed: 3 }
    const { spent, reason } = await resultOf(bestOfN<string>(model, prompt, options))
    const promptTokens = await model.countTokens(prompt)
    expect(reason).toBe('exhausted')
    expect(promptTokens).toBeGreaterThan(120)
    expect(spent.tokensComputed).toBeLessThanOrEqual(promptTokens + samples * maxTokens)
    expect(spent.tokensSeen).toBeGreaterThan(samples * promptTokens)
  })

  it('stays inside a budget of tokens while it reflects', async () => {
    const options = { verifier, budget: { tokens: 500 }, maxTokens: 40, critiqueTokens: 60, rounds: 20 }
    const { reason, spent, best } = await resultOf(reflection(model, 'Say what rain is.', options))
    expect(['budget-tokens', 'plateau']).toContain(reason)
    expect(spent.tokensSeen).toBeLessThanOrEqual(500)
    expect(best).toMatch(/\w/)
  })

  it('says the same to the same seed', async () => {
    const texts = async (seed: number) => {
      const events = await eventsOf(selfConsistency(model, prompt, { samples: 3, maxTokens: 8, seed, now: () => 0 }))
      return events.flatMap((event) => (event.type === 'candidate-add' ? [event.candidate] : []))
    }
    expect(await texts(1)).toEqual(await texts(1))
  })
})

it.runIf(basePath !== undefined)('a base model calls a tool and answers from its result', async () => {
  await using model = await load(basePath as string, { threads: 2 })
  const events = await eventsOf(loop(model, 'What is 17 * 23?', { tools: [calculateTool], maxTokens: 40, maxSteps: 3 }))
  expect(events).toContainEqual(expect.objectContaining({ type: 'tool-result', id: 't1', result: '391' }))
  expect(events.at(-1)).toMatchObject({ type: 'run-end', result: { best: expect.stringContaining('391') as string } })
})

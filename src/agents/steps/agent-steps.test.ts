import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { eventsOf } from '../../../test/support/events-of.ts'
import { type ScriptedModel, scriptedModel } from '../../testing/index.ts'
import type { StepContext, StepEvent } from '../../tools/steps/step.ts'
import { tool } from '../../tools/tool.ts'
import type { AgentOutput } from './agent-step.ts'
import { agentSteps } from './index.ts'

const basic = ['loop', 'reflection', 'best-of-n', 'self-consistency']

/** What whoever runs a step does: parses with its schemas, lends a model, reads to the end. */
async function runStep(name: string, config: unknown, model: ScriptedModel, context: Partial<StepContext> = {}) {
  const step = agentSteps.find((each) => each.name === name)
  if (step === undefined) throw new Error(name)
  const input = step.input.parse({ task: 'Say hello.' })
  const lent = { model, seed: 1, signal: new AbortController().signal, ...context }
  const events: StepEvent<unknown>[] = await eventsOf(step.run(input, step.config.parse(config), lent))
  const last = events.at(-1)
  if (last?.type !== 'step-output') throw new Error(last?.type)
  return { output: step.output.parse(last.output) as AgentOutput, events }
}

describe('steps of agents', () => {
  it('have names of their own, and schemas that are JSON schemas', () => {
    const names = agentSteps.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(basic))
    expect(new Set(names).size).toBe(names.length)
    for (const { config, input, output } of agentSteps) {
      for (const schema of [config, input, output]) {
        expect(z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }).type).toBe('object')
      }
    }
  })

  it.each(basic)('%s runs with its defaults', async (name) => {
    const { output, events } = await runStep(name, {}, scriptedModel({ answers: ['hello'] }))
    expect(output).toMatchObject({ text: 'hello', verified: false })
    expect(output.spent.modelCalls).toBeGreaterThan(0)
    expect(events.at(-2)).toMatchObject({ type: 'run-end' })
  })

  it.each(basic)('%s takes verifiers as data', async (name) => {
    const verifier = [{ kind: 'regex', pattern: '^hello$' }]
    const { output } = await runStep(name, { verifier }, scriptedModel({ answers: ['hello'] }))
    expect(output).toMatchObject({ reason: 'passed', verified: true, verdict: { passed: true, score: 1 } })
  })

  it.each(basic)('%s stays inside the budget of its context', async (name) => {
    const budget = { modelCalls: 1 }
    const run = runStep(name, {}, scriptedModel({ answers: ['hello'] }), { budget })
    expect((await run).output.spent.modelCalls).toBe(1)
  })

  it.each(basic)('%s shows base models examples', async (name) => {
    const model = scriptedModel({ can: { chat: false }, answers: ['hello'] })
    await runStep(name, {}, model)
    expect(model.requests.every(({ prompt }) => typeof prompt === 'string')).toBe(true)
  })

  it('loop calls what it is lent and names nothing else', async () => {
    const answers = [{ calls: [{ name: 'a', arguments: {} }] }, 'done']
    const tools = [tool({ name: 'a', run: () => 1 }), tool({ name: 'b', run: () => 2 })]
    const model = scriptedModel({ answers })
    expect((await runStep('loop', { tools: ['a'] }, model, { tools })).output.spent.toolCalls).toBe(1)
    expect(model.requests[0]?.options.tools).toHaveLength(1)
    const refused = { code: 'invalid-argument', message: expect.stringContaining('a, b') as string }
    await expect(runStep('loop', { tools: ['c'] }, scriptedModel(), { tools })).rejects.toMatchObject(refused)
  })

  it('reflection asks the critic of its context', async () => {
    const critic = scriptedModel({ can: { score: false }, answers: ['{"issues":[],"score":10}'] })
    const { output } = await runStep('reflection', {}, scriptedModel(), { critic })
    expect([output.reason, critic.requests.length]).toEqual(['threshold', 1])
  })

  it('fails with no-candidate where there is no answer at all', async () => {
    const run = runStep('loop', {}, scriptedModel({ answers: [''] }))
    await expect(run).rejects.toMatchObject({ code: 'no-candidate' })
  })
})

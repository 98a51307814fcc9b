import { describe, expect, it } from 'vitest'
import { eventsOf } from '../../../test/support/events-of.ts'
import { scriptedModel } from '../../testing/index.ts'
import type { StepEvent } from '../../tools/steps/step.ts'
import { agentOutput } from './agent-step.ts'
import { reflexionStep } from './reflexion-step.ts'

async function outputOf(task: string, config: unknown, answers: readonly string[]) {
  const context = { model: scriptedModel({ answers }), seed: 1, signal: new AbortController().signal }
  const events: StepEvent<unknown>[] = await eventsOf(
    reflexionStep.run({ task }, reflexionStep.config.parse(config), context),
  )
  const last = events.at(-1)
  if (last?.type !== 'step-output') throw new Error(last?.type)
  return agentOutput.parse(last.output)
}

describe('the step reflexion', () => {
  it('takes verifiers as data', async () => {
    const verifier = [{ kind: 'regex', pattern: '^[A-Z]+$' }]
    const output = await outputOf('Name a river in capital letters.', { verifier }, ['nile', 'Use capitals.', 'NILE'])
    expect(output).toMatchObject({ text: 'NILE', verified: true, reason: 'passed' })
  })

  it('calls the right answer an oracle, which the model is not told', async () => {
    const output = await outputOf('Capital of France?', { answer: 'Paris', trials: 1 }, ['Rome'])
    expect(output).toMatchObject({ text: 'Rome', verdict: { passed: false, feedback: 'The answer is wrong.' } })
  })

  it('writes code', async () => {
    const code = { functionName: 'twice', examples: [{ call: 'twice(2)', expected: '4' }] }
    const output = await outputOf('Twice x.', { code }, [
      'const twice = (x) => x ** 3',
      'lesson',
      'const twice = (x) => 2 * x',
    ])
    expect(output).toMatchObject({ text: 'const twice = (x) => 2 * x', verified: true })
  })

  it('answers from documents', async () => {
    const documents = [{ id: 'tower.md', text: 'The tower is 324 metres high.' }]
    const draft = { answer: 'High.', missing: 'how high', superfluous: '', queries: ['tower'] }
    const revision = { ...draft, answer: 'It is 324 metres high [1].', missing: '' }
    const cited = { ...revision, citations: [{ n: 1, quote: 'is 324 metres high' }] }
    const answers = [JSON.stringify(draft), JSON.stringify(cited)]
    const output = await outputOf('How high is the tower?', { documents }, answers)
    expect(output.text).toBe('It is 324 metres high [1].\n[1] tower.md: "is 324 metres high"')
  })

  it('refuses what its schema does not have', () => {
    expect(() => reflexionStep.config.parse({ trials: 0 })).toThrow('trials')
    expect(() => reflexionStep.config.parse({ memoryMode: 'all' })).toThrow('memoryMode')
  })
})

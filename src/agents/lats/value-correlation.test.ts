import { describe, expect, it } from 'vitest'
import { scriptedModel } from '../../testing/index.ts'
import { resultOf } from '../../tools/steps/run.ts'
import type { Verifier } from '../../tools/steps/verifier.ts'
import { gameOf24 } from '../environments/numbers-environment.ts'
import { lats } from '../lats.ts'
import type { Trajectory } from './model-world.ts'

describe('values that say nothing', () => {
  const run = (evaluate: (trajectory: Trajectory) => number) => {
    const model = scriptedModel({
      answers: ({ options: { format }, random }) =>
        format?.type === 'choice' ? format.choices[Math.floor(random.float() * format.choices.length)] : 'ok',
    })
    const verifier: Verifier<Trajectory> = {
      source: 'external',
      verify: ({ steps }) => ({ passed: false, score: steps[0]?.action.includes('+') ? 0.9 : 0.1, feedback: '' }),
    }
    return resultOf(lats(model, gameOf24(), [4, 9, 10, 13], { evaluate, verifier, iterations: 20 }))
  }

  it('are told of', async () => {
    const { warnings } = await run(({ steps }) => (steps[0].action.includes('+') ? 0.3 : 0.6))
    expect(warnings.map(({ code }) => code)).toEqual(['value-uninformative'])
    expect(warnings[0].message).toContain('-1.00')
  })

  it('are not, where they say something or are all the same', async () => {
    expect((await run(({ steps }) => (steps[0].action.includes('+') ? 0.6 : 0.3))).warnings).toEqual([])
    expect((await run(() => 0.5)).warnings).toEqual([])
  })
})

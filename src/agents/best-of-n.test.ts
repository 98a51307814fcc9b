import { describe, expect, it } from 'vitest'
import { heldAnswers } from '../../test/support/held-answers.ts'
import { scriptedModel } from '../testing/index.ts'
import { resultOf } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import type { Verifier } from '../tools/steps/verifier.ts'
import { bestOfN } from './best-of-n.ts'

const wants = (right: string): Verifier<string> => ({
  source: 'external',
  verify: (text) => ({ passed: text === right, score: text.length / 10, feedback: '' }),
})

async function eventsOf<C>(run: AsyncIterable<RunEvent<C>>): Promise<RunEvent<C>[]> {
  const events = []
  for await (const event of run) events.push(event)
  return events
}

describe('bestOfN', () => {
  it('ends with the first sample that passes, and reads the prompt once', async () => {
    const model = scriptedModel({ answers: ['aa', 'b', 'right', 'cccccc'] })
    const result = await resultOf(bestOfN(model, 'one two three', { verifier: wants('right'), samples: 4 }))
    expect(result).toMatchObject({ best: 'right', verified: true, reason: 'passed', verdict: { passed: true } })
    expect(result.spent).toMatchObject({ modelCalls: 4, tokensSeen: 16, tokensComputed: 3 + 4 })
  })

  it('judges each as it ends, and the first that passes ends what is still being written', async () => {
    const { answers, released } = heldAnswers(['slow', 'no', 'right'], [0])
    const model = scriptedModel({ answers })
    const result = await resultOf(bestOfN(model, 'q', { verifier: wants('right'), samples: 3 }))
    expect(result).toMatchObject({ best: 'right', reason: 'passed' })
    expect([released(), model.pending()]).toEqual([['aborted'], 0])
  })

  it('asks for the next one as soon as one has ended', async () => {
    const { answers, release } = heldAnswers(['a', 'b', 'c', 'd'], [0])
    const model = scriptedModel({ answers, slots: 2 })
    for await (const event of bestOfN(model, 'q', { samples: 4, verifier: wants('none') })) {
      if (event.type === 'verdict-add' && event.index === 2) release()
    }
    expect(model.requests).toHaveLength(4)
  })

  it('gives of equals the one asked for first, whichever ended first', async () => {
    const { answers, release } = heldAnswers(['first', 'other'], [0])
    let result: unknown
    for await (const event of bestOfN(scriptedModel({ answers }), 'q', { samples: 2, verifier: wants('none') })) {
      if (event.type === 'verdict-add') release()
      if (event.type === 'run-end') result = event.result.best
    }
    expect(result).toBe('first')
  })

  it('gives the best by score, of equals the first, where none passes', async () => {
    const model = scriptedModel({ answers: ['aa', 'bbb', 'ccc'] })
    const result = await resultOf(bestOfN(model, 'q', { verifier: wants('none'), samples: 3 }))
    expect(result).toMatchObject({ best: 'bbb', reason: 'exhausted', verified: true, verdict: { passed: false } })
  })

  it('asks for all samples at once', async () => {
    const model = scriptedModel({ answers: ['x'] })
    model.barrier(5)
    expect(await resultOf(bestOfN(model, 'q', { samples: 5 }))).toMatchObject({ best: 'x', verified: false })
  })

  it('warns where nobody verifies', async () => {
    const { warnings } = await resultOf(bestOfN(scriptedModel(), 'q'))
    expect(warnings.map(({ code }) => code)).toEqual(['no-external-signal'])
  })

  it.each([
    ['tokens', { tokens: 16 }, 2],
    ['modelCalls', { modelCalls: 3 }, 3],
  ])('stays inside a budget of %s and keeps the best so far', async (unit, budget, calls) => {
    const model = scriptedModel({ answers: ['aa', 'bbb', 'c'] })
    const options = { verifier: wants('none'), budget, maxTokens: 10 }
    const result = await resultOf(bestOfN(model, 'one two', options))
    expect(result).toMatchObject({ best: 'bbb', reason: `budget-${unit}`, spent: { modelCalls: calls } })
    expect(model.requests.length).toBe(calls)
  })

  it('is cancelled by its signal with the best so far, and stops its calls', async () => {
    const controller = new AbortController()
    const model = scriptedModel({ answers: ['aa', 'bbb', 'c'] })
    const verifier: Verifier<string> = {
      source: 'external',
      verify: (text) => {
        if (text === 'bbb') controller.abort()
        return { passed: false, score: 0.1, feedback: '' }
      },
    }
    const result = await resultOf(bestOfN(model, 'q', { verifier, signal: controller.signal, samples: 3 }))
    expect(result.best).toBe('aa')
    expect(model.pending()).toBe(0)
  })

  it('leaves nothing running when its stream is left', async () => {
    const model = scriptedModel({ answers: ['a'] })
    model.barrier(99)
    for await (const event of bestOfN(model, 'q')) if (event.type === 'call-start' && event.call === 4) break
    expect(model.pending()).toBe(0)
  })

  it('tells its result before it throws what the model threw', async () => {
    const error = new Error('cut stream')
    const model = scriptedModel({ answers: ['aa', 'bbb', 'c'], faults: { 1: { error } } })
    const events: RunEvent<string>[] = []
    const run = async () => {
      for await (const event of bestOfN(model, 'q', { samples: 3 })) events.push(event)
    }
    await expect(run()).rejects.toBe(error)
    expect(events.at(-1)).toMatchObject({ type: 'run-end', result: { best: 'aa', reason: 'failed' } })
  })

  it('is reproducible to the event', async () => {
    const answers = ({ random }: { random: { float: () => number } }) => `answer ${Math.floor(random.float() * 1e6)}`
    const run = (seed: number) => eventsOf(bestOfN(scriptedModel({ answers }), 'q', { seed, now: () => 0 }))
    expect(await run(7)).toEqual(await run(7))
    expect(await run(7)).not.toEqual(await run(8))
  })

  it.each([0, 1.5, Number.NaN])('refuses %s samples', async (samples) => {
    expect(() => bestOfN(scriptedModel(), 'q', { samples })).toThrow('samples')
  })
})

import { describe, expect, it } from 'vitest'
import { heldAnswers } from '../../test/support/held-answers.ts'
import { eventsOf } from '../../test/support/events-of.ts'
import { type ScriptedModelOptions, scriptedModel } from '../testing/index.ts'
import type { ChatEvent } from '../tools/chat-model.ts'
import type { LanguageModel } from '../tools/language-model.ts'
import { resultOf } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import { selfConsistency, type SelfConsistencyOptions } from './self-consistency.ts'

const vote = (answers: string[], options: SelfConsistencyOptions = {}, model: ScriptedModelOptions = {}) =>
  resultOf(selfConsistency(scriptedModel({ answers, ...model }), 'q', { samples: answers.length, ...options }))

/** A model that is as sure of its k-th answer as `logprobs[k]` says of each token. */
function sureModel(answers: readonly string[], logprobs: readonly number[]): LanguageModel {
  const model = scriptedModel({ answers })
  let calls = 0
  async function* chat(...args: Parameters<LanguageModel['stream']>): AsyncGenerator<ChatEvent> {
    const logprob = logprobs[calls++] as number
    for await (const event of model.stream(...args)) {
      if (event.type !== 'text-delta') yield event
      else yield { ...event, logprobs: [{ token: 0, logprob, top: [], text: event.text }] }
    }
  }
  return { ...model, stream: chat }
}

describe('selfConsistency', () => {
  it('takes the majority, whatever its words are', async () => {
    const result = await vote(['It is 4.', 'The answer is 5', 'so 4', 'Answer: 4', '5'])
    expect(result).toMatchObject({ best: 'It is 4.', reason: 'answered', verified: false, verdict: { score: 3 / 5 } })
    expect(result.verdict?.feedback).toBe('3 of 5 answers come to 4.')
  })

  it('waits for no answer that can change nothing any more', async () => {
    const { answers, released } = heldAnswers(['5', '4', '4', '4', '4'], [0])
    const result = await resultOf(selfConsistency(scriptedModel({ answers }), 'q', { samples: 5 }))
    expect(result).toMatchObject({ best: '4', reason: 'answered', verdict: { score: 3 / 5 } })
    expect(result.verdict?.feedback).toBe('At least 3 of 5 answers come to 4.')
    expect(released()).toEqual(['aborted'])
  })

  it('decides a tie by the mean log-probability', async () => {
    const answers = ['red', 'blue', 'blue it is blue', 'red']
    const run = (logprobs: number[]) =>
      resultOf(selfConsistency(sureModel(answers, logprobs), 'q', { samples: 4, canonical: colour }))
    const colour = (text: string) => /red|blue/.exec(text)?.[0]
    expect((await run([-1, -3, -0.2, -1])).best).toBe('red')
    // By the mean and not by the sum, in which the longest answer would lose.
    expect((await run([-1, -1.2, -0.4, -1])).best).toBe('blue it is blue')
  })

  it('gives the first of equals where the model tells no probabilities, and says so', async () => {
    const { best, warnings } = await vote(['a', 'b', 'b', 'a'], {}, { can: { score: false } })
    expect(best).toBe('a')
    expect(warnings.map(({ code }) => code)).toContain('no-log-probabilities')
  })

  it('gives no vote to what answers nothing', async () => {
    expect(await vote(['...', '...', 'yes'])).toMatchObject({ best: 'yes', verdict: { score: 1 } })
    expect(await vote(['...', '?'])).toMatchObject({ reason: 'exhausted' })
  })

  it('has its winner judged where somebody can, and only that one', async () => {
    const judged: string[] = []
    const verify = (text: string) => {
      judged.push(text)
      return { passed: text === '4', score: 1, feedback: '' }
    }
    const options: SelfConsistencyOptions = { verifier: { source: 'external', verify } }
    expect(await vote(['5', '4', '4'], options)).toMatchObject({ best: '4', reason: 'passed', verified: true })
    expect(await vote(['5', '5', '4'], options)).toMatchObject({ best: '5', reason: 'exhausted', verified: true })
    expect(judged).toEqual(['4', '5'])
  })

  it('asks for all at once, ten by default, each with a seed of its own', async () => {
    const model = scriptedModel()
    model.barrier(10)
    await resultOf(selfConsistency(model, 'q'))
    const seeds = model.requests.map(({ options }) => [options.seed, options.temperature])
    expect(new Set(seeds.map(([seed]) => seed)).size).toBe(10)
    expect(seeds.every(([, temperature]) => temperature === 0.7)).toBe(true)
  })

  it('keeps the leader of the votes so far inside its budget', async () => {
    const result = await vote(['1', '2', '2', '1', '1', '1'], { budget: { modelCalls: 3 } })
    expect(result).toMatchObject({ best: '2', reason: 'budget-modelCalls', spent: { modelCalls: 3 } })
  })

  it('spends what a wave has left on the next one', async () => {
    // Each answer reserves 11 tokens and takes 2: of 30 tokens, two at once, and then more.
    const { spent, reason } = await vote(Array(20).fill('1') as string[], { budget: { tokens: 30 }, maxTokens: 10 })
    expect([spent.modelCalls > 5, spent.tokensSeen <= 30, reason]).toEqual([true, true, 'budget-tokens'])
  })

  it('keeps the leader when a call fails, and throws what it threw', async () => {
    const events: RunEvent<string>[] = []
    const model = scriptedModel({ answers: ['1', '2', '3'], faults: { 0: { error: new Error('cut') } } })
    await expect(eventsOf(selfConsistency(model, 'q', { samples: 3 }), events)).rejects.toThrow('cut')
    expect(events.at(-1)).toMatchObject({ result: { best: '2', reason: 'failed' } })
  })
})

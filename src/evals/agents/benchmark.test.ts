import { describe, expect, it } from 'vitest'
import { scriptedModel } from '../../testing/index.ts'
import { bestOfN } from '../../agents/best-of-n.ts'
import { type AgentOutcome, type Benchmark, evaluateAgents, reportAgents } from './benchmark.ts'
import { countdownBenchmark, gameOf24Benchmark, keyDoorBenchmark } from './games.ts'

const options = { items: 2, tokens: 300, seeds: [1], signal: new AbortController().signal, now: () => 0 }

async function outcomesOf(benchmark: Benchmark, more = {}): Promise<AgentOutcome[]> {
  const model = scriptedModel({ answers: ({ options: { format }, random }) => answerOf(format, random.float()) })
  const outcomes = []
  for await (const outcome of evaluateAgents(model, benchmark, { ...options, ...more })) outcomes.push(outcome)
  return outcomes
}

/** Any of the choices that the model is held to. */
function answerOf(format: unknown, draw: number): string {
  const { choices = ['1 + 1'] } = (format ?? {}) as { choices?: readonly string[] }
  return choices[Math.floor(draw * choices.length)]
}

describe('evaluateAgents', () => {
  it.each([gameOf24Benchmark, countdownBenchmark, keyDoorBenchmark])(
    'runs every method of $name inside its tokens, twice the same',
    async (benchmark) => {
      const outcomes = await outcomesOf(benchmark)
      const methods = new Set(outcomes.map(({ method }) => method))
      expect(methods).toContain(benchmark.baseline)
      expect(outcomes).toHaveLength(2 * methods.size)
      for (const { spent, score } of outcomes) {
        expect(spent.tokensSeen).toBeLessThanOrEqual(300)
        expect(score).toBeGreaterThanOrEqual(0)
      }
      expect(await outcomesOf(benchmark)).toEqual(outcomes)
      const report = reportAgents(outcomes, { model: 'scripted', benchmark, tokens: 300 })
      expect(report.pairs.map(({ method }) => method)).toEqual(
        [...methods].filter((name) => name !== benchmark.baseline),
      )
    },
  )

  it('grades by what the grader says, when the run has ended, whatever the verifier said', async () => {
    const order: string[] = []
    const benchmark: Benchmark = {
      name: 'test',
      description: '',
      baseline: 'plain',
      items: () => [
        {
          id: 'a',
          methods: {
            plain: async function* (model, settings) {
              const verify = () => ({ passed: true, score: 1, feedback: '' })
              yield* bestOfN(model, 'q', { ...settings, verifier: { source: 'external', verify }, maxTokens: 9 })
              order.push('ended')
            },
          },
          grade: () => {
            order.push('graded')
            return 0
          },
        },
      ],
    }
    expect(await outcomesOf(benchmark)).toMatchObject([{ score: 0, reason: 'passed', verified: true }])
    expect(order).toEqual(['ended', 'graded'])
  })

  it('keeps the baseline among chosen methods and refuses unknown ones', async () => {
    const outcomes = await outcomesOf(keyDoorBenchmark, { items: 1, methods: ['lats'] })
    expect(outcomes.map(({ method }) => method)).toEqual(['rollouts', 'lats'])
    await expect(outcomesOf(keyDoorBenchmark, { methods: ['magic'] })).rejects.toMatchObject({ code: 'not-found' })
  })
})

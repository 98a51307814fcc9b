import { describe, expect, it } from 'vitest'
import { eventsOf } from '../../../test/support/events-of.ts'
import { scriptedModel } from '../../testing/index.ts'
import { evaluateAgents, reportAgents } from './benchmark.ts'
import { essayTasks } from './essay-tasks.ts'
import { essaysBenchmark } from './essays.ts'

const signal = new AbortController().signal
const [item] = await essaysBenchmark.items(1, 0)
const [essay] = essayTasks
if (item === undefined || essay === undefined) throw new Error('no essays')

const firstOf = (points: typeof essay.required) => points.map((point) => (typeof point === 'string' ? point : point[0]))
/** A text of the right length that makes these points. */
const textWith = (...points: (string | undefined)[]) => `${points.join(', ')} ${Array(90).fill('so').join(' ')}`

describe('essays', () => {
  it('are thirty, each with a name and points of its own', () => {
    expect(new Set(essayTasks.map(({ id }) => id)).size).toBe(30)
    for (const { required, hidden } of essayTasks) {
      const phrases = [...required, ...hidden].flat()
      expect(new Set(phrases).size).toBe(phrases.length)
    }
  })

  it.each(essayTasks.map((task) => [task.id, task] as const))('%s can be passed', async (id, { required, hidden }) => {
    const items = await essaysBenchmark.items(30, 0)
    const { grade } = items.find((each) => each.id === id) as (typeof items)[number]
    expect(await grade(textWith(...firstOf(required), ...firstOf(hidden)), signal)).toBe(1)
    expect(await grade(textWith(...firstOf(required)), signal)).toBeLessThan(0.9)
    expect(await grade('No.', signal)).toBeLessThan(0.4)
  })

  it('begin elsewhere with another seed, and are all there', async () => {
    const ids = async (seed: number) => (await essaysBenchmark.items(30, seed)).map(({ id }) => id)
    expect(new Set(await ids(3)).size).toBe(30)
    expect((await ids(3))[0]).not.toBe((await ids(4))[0])
  })

  it('pay where the verifier is heard', async () => {
    // A writer that adds what a check says is missing.
    const model = scriptedModel({
      answers: ({ text, options }) => {
        if (options.format !== undefined) return '{"issues":[],"score":5}'
        return textWith(...[...text.matchAll(/does not say: ([^.]+?)(?: or [^.]+)?\./g)].map(([, point]) => point))
      },
    })
    const options = { items: 4, tokens: 4000, seeds: [1], signal, now: () => 0 }
    const outcomes = await eventsOf(evaluateAgents(model, essaysBenchmark, options))
    const score = (method: string) =>
      outcomes.filter((outcome) => outcome.method === method).reduce((sum, outcome) => sum + outcome.score / 4, 0)
    expect(score('reflection')).toBeGreaterThan(score('once') + 0.2)
    expect(score('reflection-alone')).toBeCloseTo(score('once'))
    expect(reportAgents(outcomes, { model: 'scripted', benchmark: essaysBenchmark, tokens: 4000 })).toMatchObject({
      benchmark: 'essays',
    })
  })
})

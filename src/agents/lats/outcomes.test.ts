/** The search that asks for actions alone, and the one that goes over to it when values turn out to say nothing. */
import { describe, expect, it } from 'vitest'
import { eventsOf } from '../../../test/support/events-of.ts'
import { scriptedModel, type ScriptedModelOptions, type ScriptedRequest } from '../../testing/index.ts'
import { resultOf } from '../../tools/steps/run.ts'
import type { RunEvent } from '../../tools/steps/run-event.ts'
import type { Environment } from '../environment.ts'
import { defineEnvironment } from '../environments/define-environment.ts'
import { gameOf24 } from '../environments/numbers-environment.ts'
import { lats, type LatsOptions } from '../lats.ts'
import { latestRows, memorySearchStore } from './rows.ts'

const anyLegal = ({ options: { format }, random }: ScriptedRequest): string =>
  format?.type === 'choice' ? format.choices[Math.floor(random.float() * format.choices.length)] : ''

/** Says with which probability it would write an action; has no opinion of states. */
const actsOnly = (options: ScriptedModelOptions = {}) =>
  scriptedModel({
    answers: anyLegal,
    score: (_, continuation) => {
      if (continuation.includes('/10')) throw new Error('a value was asked for')
      return continuation === 'left' ? Math.log(0.25) : Math.log(0.75)
    },
    ...options,
  })

/** First the left or the right door, then one of many boxes: all behind the left door hold something, none holds enough. */
const doors = (): Environment<string> =>
  defineEnvironment<{ door: string }, string>('doors', {
    effect: 'pure',
    start: () => ({ door: '' }),
    describe: ({ door }) => `Door: ${door}`,
    legal: ({ door }) => (door === '' ? ['left', 'right'] : Array.from({ length: 60 }, (_, box) => `box ${box}`)),
    parse: (text) => text,
    canonical: (action) => action,
    step: ({ door }, action) =>
      door === ''
        ? { state: { door: action }, observation: `You passed the ${action} door.`, done: false }
        : { state: { door }, observation: 'Not enough.', done: true, reward: door === 'left' ? 0.5 : 0 },
  })

const store = () => memorySearchStore()
const visitsOf = (kept: ReturnType<typeof store>, door: string): number =>
  latestRows(kept.commits).find(({ action }) => action === door)?.n ?? 0

const sampling = { can: { score: false } }

describe('the preset outcomes', () => {
  it.each([
    ['reads each state once for the probabilities of all actions', {}],
    ['samples one action at a time where the model tells no probabilities', sampling],
  ])('%s, and goes each way once until none is left', async (_, options) => {
    const kept = store()
    const model = actsOnly(options)
    const run = lats(model, gameOf24(), [1, 1, 1], { preset: 'outcomes', iterations: 1000, store: kept })
    const result = await resultOf(run)
    expect(result).toMatchObject({ reason: 'exhausted', verdict: { passed: false } })
    const rows = latestRows(kept.commits)
    const ends = rows.filter(({ terminal }) => terminal).map(({ parent, action }) => `${parent} ${action}`)
    expect([new Set(ends).size, ends.length > 10]).toEqual([ends.length, true])
    if (options === sampling) {
      // An iteration for each end: none was for nothing.
      expect(rows[0]?.n).toBe(ends.length)
    } else {
      const states = rows.filter(({ terminal, legal }) => !terminal && (legal ?? 0) > 1)
      expect([result.spent.modelCalls, model.requests.length]).toEqual([states.length, 0])
    }
  })

  it('draws actions by their probabilities, each once', async () => {
    const firsts = []
    for (let seed = 0; seed < 200; seed++) {
      const kept = store()
      const options: LatsOptions = { preset: 'outcomes', budget: { rounds: 1, depth: 1 }, store: kept, seed }
      await resultOf(lats(actsOnly(), doors(), null, options))
      const [, first, second] = latestRows(kept.commits)
      expect([first?.action, second?.action].toSorted()).toEqual(['left', 'right'])
      expect(Math.min(first?.sc ?? 1, second?.sc ?? 1)).toBeCloseTo(0.25, 9)
      firsts.push(first?.action)
    }
    const left = firsts.filter((action) => action === 'left').length
    expect(left).toBeGreaterThan(30)
    expect(left).toBeLessThan(70)
  })

  it('asks for no action where there is one only', async () => {
    const run = lats(actsOnly(sampling), gameOf24(), [1, 1], { preset: 'outcomes' })
    // 1 + 1, 1 - 1, 1 * 1 and 1 / 1; the last one is not asked for.
    expect((await resultOf(run)).spent).toMatchObject({ nodes: 4, modelCalls: 3 })
  })

  it('goes where more came of states', async () => {
    const kept = store()
    const options: LatsOptions = { preset: 'outcomes', budget: { rounds: 60, depth: 2 }, store: kept }
    await resultOf(lats(actsOnly(sampling), doors(), null, options))
    expect(visitsOf(kept, 'left')).toBeGreaterThan(2 * visitsOf(kept, 'right'))
    expect(visitsOf(kept, 'right')).toBeGreaterThan(0)
  })

  it('is reproducible for any number in flight', async () => {
    const rows = async () => {
      const kept = store()
      const options: LatsOptions = { preset: 'outcomes', budget: { rounds: 20, depth: 2 }, store: kept, parallel: 4 }
      await resultOf(lats(actsOnly(), doors(), null, { ...options, seed: 5 }))
      return latestRows(kept.commits)
    }
    expect(await rows()).toEqual(await rows())
  })
})

describe('values that say the contrary of what comes of states', () => {
  const run = async (value: 'checked' | 'model') => {
    let asked = 0
    const evaluate: LatsOptions['evaluate'] = ({ steps }) => {
      asked++
      return steps[0]?.action === 'right' ? 0.9 : 0.1
    }
    const model = actsOnly(sampling)
    const options = { value, evaluate, reflections: 0, budget: { rounds: 80, depth: 2 }, parallel: 1 } as const
    const kept = store()
    const events: RunEvent<unknown>[] = await eventsOf(lats(model, doors(), null, { ...options, store: kept }))
    const at = events.findIndex((event) => event.type === 'warning-add' && event.warning.code === 'value-uninformative')
    const asksAfter = events.slice(at).filter(({ type }) => type === 'call-start').length
    const iterationsAfter = events.slice(at).filter(({ type }) => type === 'path-update').length
    return { asked, at, asksPerIteration: asksAfter / iterationsAfter, kept }
  }

  it('are trusted until 20 ends have shown it, and the search goes by outcomes from then on', async () => {
    const { at, asksPerIteration, kept } = await run('checked')
    expect(at).toBeGreaterThan(20)
    expect(asksPerIteration).toBeLessThanOrEqual(2)
    expect(kept.commits.at(-1)?.valueDistrusted).toBe(true)
    expect(visitsOf(kept, 'left')).toBeGreaterThan(visitsOf(kept, 'right'))
  })

  it('are gone on with where that was asked for, with the same warning', async () => {
    const { at, asksPerIteration, kept } = await run('model')
    expect(at).toBeGreaterThan(20)
    expect(asksPerIteration).toBeGreaterThanOrEqual(5)
    expect(kept.commits.at(-1)?.valueDistrusted).toBeUndefined()
  })
})

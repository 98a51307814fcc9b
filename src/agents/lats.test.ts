import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { eventsOf } from '../../test/support/events-of.ts'
import { realModelPath } from '../../test/support/models.ts'
import { load } from '../engine/load.ts'
import { type ScriptedModel, scriptedModel, type ScriptedRequest } from '../testing/index.ts'
import type { LanguageModel } from '../tools/language-model.ts'
import { resultOf } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import type { Environment } from './environment.ts'
import { keyDoor, keyDoorTask } from './environments/key-door.ts'
import { gameOf24 } from './environments/numbers-environment.ts'
import { environmentNamed } from './environments/registry.ts'
import { lats, type LatsOptions } from './lats.ts'
import { memorySearchStore, latestRows } from './lats/rows.ts'

const numbers = [4, 9, 10, 13]
const way = ['13 - 9', '10 - 4', '6 * 4']

/** One of the legal actions, by the call's seed. */
const anyLegal = ({ options: { format }, random }: ScriptedRequest): string =>
  format?.type === 'choice' ? format.choices[Math.floor(random.float() * format.choices.length)] : 'Add less.'

/** The way where it is legal and the seed wants it, else anything. */
const sometimesRight = (request: ScriptedRequest): string => {
  const { format } = request.options
  const right = format?.type === 'choice' ? format.choices.find((choice) => way.includes(choice.trim())) : undefined
  return right !== undefined && request.random.float() < 0.3 ? right : anyLegal(request)
}

describe('lats', () => {
  it('finds the way, proves it and says how', async () => {
    const model = scriptedModel({ answers: sometimesRight })
    const result = await resultOf(lats(model, gameOf24(), numbers))
    expect(result).toMatchObject({
      reason: 'passed',
      verified: true,
      verdict: { passed: true, score: 1 },
      warnings: [],
    })
    expect(result.best?.steps.map(({ action }) => action).toSorted()).toEqual(way.toSorted())
    expect(result.best?.steps.at(-1)?.observation).toMatch(/= 24\. The target is made\.$/)
  })

  it('holds samples to what is legal, and asks for all of a batch at once', async () => {
    const model = scriptedModel({ answers: anyLegal })
    model.barrier(5)
    const run = lats(model, gameOf24(), numbers, { hedge: 0, iterations: 1, budget: { depth: 1 }, parallel: 1 })
    await resultOf(run)
    expect(model.requests).toHaveLength(5)
    for (const { options } of model.requests) {
      expect(options.format).toMatchObject({ type: 'choice', choices: expect.arrayContaining(['13 - 9', '9 * 4']) })
    }
  })

  it('shows base models a text to go on with, which begins with an example', async () => {
    const model = scriptedModel({ can: { chat: false }, answers: sometimesRight })
    const { guide } = environmentNamed('game-of-24')
    const options = { iterations: 3, guide, reflections: 1 }
    const { spent, best } = await resultOf(lats(model, gameOf24(), numbers, options))
    expect(best?.steps).toHaveLength(3)
    expect(spent.modelCalls).toBeGreaterThan(model.requests.length)
    const actors = model.requests.filter(({ options: { format } }) => format !== undefined)
    for (const { text, options: asked } of actors) {
      expect(text).toMatch(/Example:\nNumbers: 2 3 4 6.*Numbers: 4 9 10 13\. Target: 24\.\n.*Action:$/s)
      expect(asked.format).toMatchObject({ choices: expect.arrayContaining([expect.stringMatching(/^ \S/)]) })
    }
  })

  it('merges samples of one action and counts them', async () => {
    const store = memorySearchStore()
    const model = scriptedModel({ answers: ['13 - 9', '13 - 9', '10 - 4', '4 + 9', '9 + 4'] })
    const options = { hedge: 0, budget: { rounds: 1, depth: 1 }, valueShare: 0, store }
    await resultOf(lats(model, gameOf24(), numbers, options))
    const rows = latestRows(store.commits).slice(1)
    expect(rows.map(({ action, samples, sc, v0 }) => [action, samples, sc, v0])).toEqual([
      ['13 - 9', 2, 0.4, 0.4],
      ['10 - 4', 1, 0.2, 0.2],
      ['9 + 4', 2, 0.4, 0.4],
    ])
  })

  it('values a state by its expected mark, asked for at the end of what the actor would read next', async () => {
    const prompts: string[] = []
    const model = scriptedModel({
      answers: ['13 - 9'],
      score: (text, mark) => {
        prompts.push(text)
        return mark === '8/10' || mark === '6/10' ? Math.log(0.5) : -Infinity
      },
    })
    const store = memorySearchStore()
    await resultOf(lats(model, gameOf24(), numbers, { hedge: 0, budget: { rounds: 1, depth: 2 }, samples: 1, store }))
    expect(latestRows(store.commits)[1]?.v0).toBeCloseTo(0.7, 12)
    const { text } = model.requests[1]
    expect(prompts[0].startsWith(text)).toBe(true)
    expect(text.endsWith('Numbers left: 4 10 4.')).toBe(true)
  })

  it('feeds answers back that are no actions, twice, then leaves the sample out', async () => {
    const can = { format: false, score: false }
    const model = scriptedModel({ can, answers: ['what?', '13 - 2', '13 - 9', 'a', 'b', 'c', '7'] })
    const store = memorySearchStore()
    const options = { hedge: 0, budget: { rounds: 1, depth: 1 }, samples: 1, store }
    await resultOf(lats(model, gameOf24(), numbers, options))
    expect(model.requests[0].options.format).toBeUndefined()
    expect(model.requests[1].text).toContain('two numbers with')
    expect(model.requests[2].text).toContain('2 is not among the numbers left')
    const none = await resultOf(
      lats(scriptedModel({ can, answers: ['no'] }), gameOf24(), numbers, { ...options, store: undefined }),
    )
    expect(none).toMatchObject({ best: undefined, spent: { modelCalls: 3 }, reason: 'budget-rounds' })
  })

  it('shows reflections on failed ends, one for each, at most three, before the trajectory', async () => {
    const model = scriptedModel({ answers: anyLegal })
    const store = memorySearchStore()
    const events = await eventsOf(
      lats(model, gameOf24(), [1, 1, 1, 1], { hedge: 0, iterations: 8, store, parallel: 1 }),
    )
    const added = events.filter((event) => event.type === 'reflection-add')
    const reflected = latestRows(store.commits).filter(({ reflection }) => reflection !== null)
    expect([added.length, reflected.length]).toEqual([3, 3])
    expect(new Set(added.map(({ node }) => node))).toEqual(new Set(reflected.map(({ node }) => node)))
    expect(new Set(reflected.map(({ snapshot }) => JSON.stringify(snapshot))).size).toBe(3)
    const last = model.requests.at(-1)?.text ?? ''
    expect(last.indexOf('- Add less.')).toBeGreaterThan(0)
    expect(last.indexOf('- Add less.')).toBeLessThan(last.indexOf('Numbers: 1 1 1 1'))
  })

  it('is reproducible to the bit for any number in flight, whoever answers first', async () => {
    const rows = async (parallel: number, delays: number) => {
      const model = scriptedModel({
        answers: async (request) => {
          await sleep(delays === 0 ? 0 : (request.call * delays) % 7)
          return sometimesRight(request)
        },
      })
      const store = memorySearchStore()
      await resultOf(lats(model, gameOf24(), [5, 5, 7, 11], { seed: 5, iterations: 12, parallel, store }))
      return store.commits
    }
    for (const parallel of [1, 4]) expect(await rows(parallel, 3)).toEqual(await rows(parallel, 5))
    expect(await rows(1, 0)).not.toEqual(await rows(4, 0))
  })

  it('makes each child once, also where iterations in flight come to the same', async () => {
    const store = memorySearchStore()
    const options = { hedge: 0, iterations: 12, parallel: 4, samples: 2, store }
    await resultOf(lats(scriptedModel({ answers: anyLegal }), gameOf24(), [1, 1, 1, 1], options))
    const children = latestRows(store.commits).map(({ parent, action }) => `${parent}: ${action}`)
    expect(children.length).toBeGreaterThan(5)
    expect(new Set(children).size).toBe(children.length)
  })

  it('fills the slots of the model with iterations in flight', async () => {
    let most = 0
    const model = scriptedModel({
      slots: 12,
      answers: async (request) => {
        await sleep(1)
        most = Math.max(most, model.pending())
        return anyLegal(request)
      },
    })
    await resultOf(lats(model, gameOf24(), numbers, { hedge: 0, iterations: 5 }))
    expect(most).toBeGreaterThan(5)
    expect(most).toBeLessThanOrEqual(10)
  })

  it('gives its hedge to plain rollouts first', async () => {
    const options = { iterations: 12, hedge: 0.25 }
    const events = await eventsOf(lats(scriptedModel({ answers: anyLegal }), gameOf24(), [1, 1, 1, 1], options))
    const created = events.filter((event) => event.type === 'node-create')
    expect(created.slice(0, 9).every(({ rollout }) => rollout)).toBe(true)
    expect(created.filter(({ rollout }) => rollout)).toHaveLength(9)
  })

  it('takes the paper at its word: every node is expanded once', async () => {
    const store = memorySearchStore()
    const options: LatsOptions = { preset: 'paper', iterations: 200, store }
    const { reason } = await resultOf(lats(scriptedModel({ answers: anyLegal }), gameOf24(), [1, 1, 1, 1], options))
    expect(reason).toBe('exhausted')
    expect(Math.max(...latestRows(store.commits).map(({ expansions }) => expansions))).toBe(1)
  })

  it('ends on a plateau where it is told to', async () => {
    const run = lats(scriptedModel({ answers: anyLegal }), gameOf24(), [1, 1, 1, 1], { hedge: 0, plateau: 3 })
    expect(await resultOf(run)).toMatchObject({ reason: 'plateau' })
  })

  it('is cancelled when it is left, and calls nobody any more', async () => {
    const model = scriptedModel({ answers: anyLegal })
    for await (const event of lats(model, gameOf24(), [1, 1, 1, 1])) if (event.type === 'path-update') break
    expect(model.pending()).toBe(0)
    const before = model.requests.length
    await sleep(5)
    expect(model.requests.length).toBe(before)
  })

  it('says where nobody but the model judges', async () => {
    const inner = gameOf24()
    const mute: Environment<never> = {
      ...(inner as Environment<never>),
      copy: undefined as never,
      step: async (action) => ({ ...(await (inner as Environment<never>).step(action)), reward: undefined }),
    }
    const { copy: _, ...environment } = mute
    const run = lats(scriptedModel({ answers: anyLegal }), environment, numbers, { iterations: 2, hedge: 0 })
    const result = await resultOf(run)
    expect(result.verified).toBe(false)
    expect(result.warnings.map(({ code }) => code)).toEqual(['no-external-signal'])
  })

  it.each([
    [{ samples: 0 }, 'samples'],
    [{ hedge: 2 }, 'hedge'],
    [{ exploration: -1 }, 'exploration'],
    [{ budget: { depth: 0.5 } }, 'depth'],
    [{ parallel: 0 }, 'parallel'],
  ])('refuses %j', (options, name) => {
    expect(() => lats(scriptedModel(), gameOf24(), numbers, options)).toThrow(name)
  })

  it('refuses a task that is none', async () => {
    await expect(resultOf(lats(scriptedModel(), gameOf24(), 'x'))).rejects.toMatchObject({ code: 'environment-failed' })
  })
})

describe('the world after a search', () => {
  it('is as it was before, by hash', async () => {
    const environment = keyDoor()
    const task = { ...keyDoorTask(4) }
    const hash = async () =>
      createHash('sha256')
        .update(JSON.stringify(await environment.snapshot()))
        .digest('hex')
    await environment.reset(task, 0)
    const before = await hash()
    const store = memorySearchStore()
    const options = { iterations: 10, budget: { depth: task.steps }, store }
    await resultOf(lats(scriptedModel({ answers: anyLegal }), environment, task, options))
    expect(latestRows(store.commits).length).toBeGreaterThan(20)
    expect(await hash()).toBe(before)
  })

  it('is never an irreversible one without approval, and changes by the chosen way alone', async () => {
    const done: string[][] = []
    const environment = {
      ...gameOf24(),
      effect: 'irreversible' as const,
      carryOut: async (actions: readonly unknown[]) =>
        void done.push(actions.map((action) => environment.canonical(action as never))),
    }
    const model = () => scriptedModel({ answers: sometimesRight })
    expect(() => lats(model(), environment, numbers)).toThrow('approve')
    const { carryOut: _, ...bare } = environment
    expect(() => lats(model(), bare, numbers, { approve: () => true })).toThrow('carryOut')

    await resultOf(lats(model(), environment, numbers, { approve: () => false }))
    expect(done).toEqual([])
    const { best } = await resultOf(
      lats(model(), environment, numbers, { approve: (_, verdict) => verdict?.passed === true }),
    )
    expect(done).toEqual([best?.steps.map(({ action }) => action)])
  })
})

describe('cost of a fork: n children of a prompt of P tokens', () => {
  const samples = 5
  const costOf = async (model: LanguageModel, maxTokens: number) => {
    const { guide, readTask, create } = environmentNamed('game-of-24')
    const options = {
      hedge: 0,
      valueShare: 0,
      samples,
      parallel: 1,
      actionTokens: maxTokens,
      budget: { rounds: 1, depth: 1 },
      guide,
    }
    const events: RunEvent<unknown>[] = await eventsOf(lats(model, create(), readTask('4 9 10 13'), options))
    const calls = events.flatMap((event) => (event.type === 'end' ? [event.usage] : []))
    expect(calls).toHaveLength(samples)
    const end = events.at(-1)
    const computed = end?.type === 'run-end' ? end.result.spent.tokensComputed : Number.NaN
    return { computed, promptTokens: calls[0].promptTokens, seen: calls.length * calls[0].promptTokens }
  }

  it('is P + n·T at most, with the scripted model', async () => {
    const { computed, promptTokens, seen } = await costOf(
      scriptedModel({ answers: anyLegal }) satisfies ScriptedModel,
      8,
    )
    expect(computed).toBeLessThanOrEqual(promptTokens + samples * 8)
    expect(computed).toBeLessThan(seen)
  })

  it('is P + n·T at most, with the real default model', async () => {
    const path = await realModelPath('smollm2')
    if (path === undefined) return
    await using model = await load(path)
    const { computed, promptTokens, seen } = await costOf(model, 16)
    expect(computed).toBeLessThanOrEqual(promptTokens + samples * 16)
    expect(computed).toBeLessThan(seen)
  })
})

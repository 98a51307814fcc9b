import { describe, expect, it } from 'vitest'
import { eventsOf } from '../../test/support/events-of.ts'
import { scriptedModel, type ScriptedRequest } from '../testing/index.ts'
import type { LanguageModel } from '../tools/language-model.ts'
import { resultOf, startRun } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import type { Verifier } from '../tools/steps/verifier.ts'
import type { Critique } from './reflection/critique.ts'
import { reflection, type ReflectionOptions } from './reflection.ts'

/** A draft is worth what stands behind its name: `B 0.7`. */
const rated: Verifier<string> = {
  source: 'external',
  verify: (draft) => {
    const score = Number(/ ([\d.]+)$/.exec(draft)?.[1] ?? 0)
    return { passed: score === 1, score, feedback: `worth ${score}` }
  },
}
const critique = (...issues: { quote: string; problem: string; fix: string }[]) => JSON.stringify({ issues, score: 5 })

/** A model that writes these drafts and finds nothing in particular wrong with them. */
function writer(drafts: readonly string[], critic: (request: ScriptedRequest) => string = () => critique()) {
  let written = 0
  return scriptedModel({
    answers: (request) =>
      request.options.format === undefined
        ? (drafts[Math.min(written++, drafts.length - 1)] as string)
        : critic(request),
  })
}
const reflect = (drafts: readonly string[], options: ReflectionOptions = {}) =>
  resultOf(reflection(writer(drafts), 'Write.', { verifier: rated, ...options }))

describe('reflection by hand-made traces', () => {
  it.each([
    ['the first draft passes', ['A 1'], 'A 1', 'passed', 1],
    ['a revision passes', ['A 0.2', 'B 1'], 'B 1', 'passed', 3],
    ['a draft reaches the threshold', ['A 0.2', 'B 0.9', 'C 0.95'], 'B 0.9', 'threshold', 3],
    ['two revisions are no better', ['A 0.5', 'B 0.4', 'C 0.5'], 'A 0.5', 'plateau', 5],
    ['one is worse and the next better', ['A 0.3', 'B 0.2', 'C 0.4', 'D 0.5'], 'D 0.5', 'exhausted', 7],
    ['the best is not the last', ['A 0.3', 'B 0.7', 'C 0.6', 'D 0.5'], 'B 0.7', 'plateau', 7],
    ['of equals the earlier stays', ['A 0.5', 'B 0.5', 'C 0.6', 'D 0.6'], 'C 0.6', 'exhausted', 7],
  ])('%s', async (_, drafts, best, reason, modelCalls) => {
    expect(await reflect(drafts)).toMatchObject({ best, reason, verified: true, warnings: [], spent: { modelCalls } })
  })

  it('revises the best draft, not the last one', async () => {
    const model = writer(['A 0.5', 'B 0.1', 'C 0.8', 'D 0.2'])
    await resultOf(reflection(model, 'Write.', { verifier: rated }))
    const revised = model.requests.filter(({ text }) => text.includes('Rewrite the draft')).map(({ text }) => text)
    expect(revised.map((text) => /Draft: (\w)/.exec(text)?.[1])).toEqual(['A', 'A', 'C'])
    expect(revised[2]).toContain('A check says: worth 0.8')
  })

  it('judges no draft twice', async () => {
    let judged = 0
    const verifier: Verifier<string> = { source: 'external', verify: (draft) => (judged++, rated.verify(draft, never)) }
    expect(await reflect(['A 0.5', 'A 0.5', 'A 0.5'], { verifier })).toMatchObject({ reason: 'plateau' })
    expect(judged).toBe(1)
  })

  it('tells rounds, candidates, verdicts and critiques as they come', async () => {
    const model = writer(['A 0.2', 'B 1'])
    const events = await eventsOf(reflection(model, 'Write.', { verifier: rated }))
    const told = events.filter(({ type }) => /^(round|candidate|verdict|critique)-/.test(type)).map(({ type }) => type)
    const round = ['round-start', 'candidate-add', 'verdict-add']
    expect(told).toEqual([...round, 'round-start', 'critique-add', ...round.slice(1)])
  })
})

describe('the critic', () => {
  it('is heard where it quotes the draft, and only there', async () => {
    const issues = [
      { quote: 'tides  are “slow”', problem: 'They are not.', fix: 'Say how fast.' },
      { quote: 'the moon is cheese', problem: 'It is rock.', fix: 'Say so.' },
      { quote: '', problem: 'The sun is missing.', fix: 'Name it.' },
    ]
    const model = writer(['The tides are "slow". 0.2', 'B 1'], () => critique(...issues))
    const events = await eventsOf(reflection(model, 'Write.', { verifier: rated }))
    const told = events.find((event) => event.type === 'critique-add')
    expect(told?.critique).toEqual({ issues: [issues[0], issues[2]], score: 0.5, dropped: 1 } satisfies Critique)
    const { text } = model.requests.at(-1) as ScriptedRequest
    expect(text).toContain('They are not. Say how fast.')
    expect(text).toContain('The sun is missing.')
    expect(text).not.toContain('cheese')
  })

  it('may be another model, and is told the rubric', async () => {
    const model = writer(['A 0.2', 'B 1'])
    const critic = scriptedModel({ id: 'critic', answers: [critique()] })
    await resultOf(reflection(model, 'Write.', { verifier: rated, critic, rubric: ['Rhyme: it rhymes.'] }))
    expect(critic.requests.map(({ text }) => text.includes('- Rhyme: it rhymes.'))).toEqual([true])
    expect(model.requests.every(({ options }) => options.format === undefined)).toBe(true)
  })

  it('gets back what cannot be read, twice, and is then left out with a warning', async () => {
    const answers = ['no JSON', '{"issues":[],"score":11}', critique()]
    const critic = scriptedModel({ answers })
    expect((await reflect(['A 0', 'B 1'], { critic })).warnings).toEqual([])
    expect(critic.requests[2]?.text).toContain('assistant: {"issues":[],"score":11}')
    const hopeless = scriptedModel({ answers: ['never JSON'] })
    const { warnings, reason } = await reflect(['A 0', 'B 1'], { critic: hopeless })
    expect([hopeless.requests.length, reason, warnings.map(({ code }) => code)]).toEqual([
      3,
      'passed',
      ['answer-invalid'],
    ])
    // The validator's words are for the model.
    expect(warnings[0]?.message).not.toMatch(/invalid|expected/i)
  })
})

describe('without an external verifier', () => {
  it('the score is the expected mark, and the result says that nothing is verified', async () => {
    // The mark 4 with probability .75, the mark 8 with .25, after any draft.
    const masses: Readonly<Record<string, number>> = { '4/10': 0.75, '8/10': 0.25 }
    const score = (_: string, mark: string) => Math.log(masses[mark] ?? 0)
    const model = { ...writer(['A', 'B', 'C']), scoreContinuations: scriptedModel({ score }).scoreContinuations }
    const result = await resultOf(reflection(model, 'Write.'))
    expect(result).toMatchObject({ best: 'A', reason: 'plateau', verified: false })
    expect(result.verdict?.score).toBeCloseTo(0.5)
    expect(result.warnings.map(({ code }) => code)).toEqual(['no-external-signal'])
  })

  it('the score is what the critic says where it tells no probabilities; the critique serves for the revision too', async () => {
    const critic = scriptedModel({
      can: { score: false },
      answers: ({ text }) => JSON.stringify({ issues: [], score: text.includes('Draft: B') ? 9 : 3 }),
    })
    const result = await reflect(['A', 'B'], { verifier: undefined, critic })
    expect(result).toMatchObject({ best: 'B', reason: 'threshold', verdict: { score: 0.9 }, verified: false })
    expect(critic.requests.length).toBe(2)
  })

  it('a model as verifier proves nothing either', async () => {
    const verifier: Verifier<string> = { ...rated, source: 'model' }
    const { verified, warnings } = await reflect(['A 1'], { verifier })
    expect([verified, warnings.length]).toEqual([false, 1])
  })
})

describe('budgets and ends', () => {
  it.each([
    ['tokens', { tokens: 150 }],
    ['modelCalls', { modelCalls: 4 }],
    ['rounds', { rounds: 1 }],
  ] as const)('stops inside a budget of %s with the best so far', async (unit, budget) => {
    const options: ReflectionOptions = { budget, maxTokens: 20, critiqueTokens: 20, rounds: 20 }
    const drafts = Array.from({ length: 20 }, (_, index) => `draft ${index / 100 + 0.1}`)
    const { best, reason, spent } = await reflect(drafts, options)
    expect(reason).toBe(`budget-${unit}`)
    expect(best).toMatch(/^draft 0\.1/)
    expect(spent.tokensSeen).toBeLessThanOrEqual(unit === 'tokens' ? 150 : Infinity)
    expect(spent.modelCalls).toBeLessThanOrEqual(unit === 'modelCalls' ? 4 : Infinity)
  })

  it('stops at its deadline while a model writes', async () => {
    const model = writer(['A 0.5'])
    const verifier: Verifier<string> = {
      source: 'external',
      verify: (draft) => (model.barrier(9), rated.verify(draft, never)),
    }
    const result = await resultOf(reflection(model, 'Write.', { verifier, budget: { wallMs: 30 } }))
    expect(result).toMatchObject({ best: 'A 0.5', reason: 'budget-wallMs' })
    expect(model.pending()).toBe(0)
  })

  it('returns the best so far when it is cancelled', async () => {
    const controller = new AbortController()
    const verifier: Verifier<string> = {
      source: 'external',
      verify: (draft) => {
        if (draft.startsWith('C')) controller.abort()
        return rated.verify(draft, never)
      },
    }
    const result = await reflect(['A 0.2', 'B 0.5', 'C 0.3'], { verifier, signal: controller.signal })
    expect(result).toMatchObject({ best: 'B 0.5', reason: 'cancelled', verdict: { score: 0.5 } })
  })

  it('returns the best so far when a model fails', async () => {
    const critic = scriptedModel({ faults: { 1: { error: new Error('gone') } }, answers: [critique()] })
    const events: RunEvent<string>[] = []
    const run = reflection(writer(['A 0.2', 'B 0.5']), 'Write.', { verifier: rated, critic })
    await expect(eventsOf(run, events)).rejects.toThrow('gone')
    expect(events.at(-1)).toMatchObject({ result: { best: 'B 0.5', reason: 'failed' } })
  })

  it('is reproducible to the event, and another with another seed', async () => {
    const model = () =>
      scriptedModel({
        answers: ({ random, options }) =>
          options.format === undefined ? `draft ${Math.floor(random.float() * 80) / 100}` : critique(),
      })
    const run = (seed: number) => eventsOf(reflection(model(), 'Write.', { verifier: rated, seed, now: () => 0 }))
    expect(await run(3)).toEqual(await run(3))
    expect(await run(3)).not.toEqual(await run(4))
  })

  it('shows base models worked examples and lets texts have paragraphs', async () => {
    const drafts = ['One.\n\nTwo. 0.1\nTask: another', 'Three. 1']
    let written = 0
    const model = scriptedModel({
      can: { chat: false },
      answers: ({ options }) => (options.format === undefined ? (drafts[written++] as string) : critique()),
    })
    const events = await eventsOf(reflection(model, 'Write.', { verifier: rated }))
    expect(events).toContainEqual({ type: 'candidate-add', index: 0, candidate: 'One.\n\nTwo. 0.1' })
    expect(model.requests.every(({ prompt }) => typeof prompt === 'string')).toBe(true)
    expect(events.at(-1)).toMatchObject({ result: { reason: 'passed' } })
  })

  it.each([
    ['', {}, 'task'],
    ['q', { rounds: 1.5 }, 'rounds'],
    ['q', { threshold: 2 }, 'threshold'],
  ])('refuses %j with %j', (task, options, message) => {
    expect(() => reflection(scriptedModel(), task, options)).toThrow(message)
  })
})

/**
 * The published example of langgraph swaps the roles of one growing list of messages: always four drafts and three critiques, no score, no
 * early end, and the last draft is the result. What tells the two apart is checked on both.
 */
describe('defects of the published example', () => {
  const swappingRoles = (model: LanguageModel, task: string) =>
    startRun<string>('swapped', {}, async (run) => {
      let list = `task: ${task}`
      for (let turn = 0; turn < 7; turn++) {
        const purpose = turn % 2 === 0 ? 'draft' : 'critique'
        const { text } = await run.ask(model, list, { purpose, path: [turn], maxTokens: 100 })
        list += `\n${turn % 2 === 0 ? 'assistant' : 'user'}: ${text}`
        if (turn % 2 === 1) continue
        run.propose(text)
        run.keep(text, undefined, false)
      }
      return 'exhausted'
    })
  type Agent = (model: LanguageModel, task: string, options: ReflectionOptions) => AsyncIterable<RunEvent<string>>
  const drafts = ['A 0.5', 'B 0.8', 'C 0.1', 'D 0.1']

  const checks: readonly (readonly [string, (agent: Agent) => Promise<boolean>])[] = [
    ['the best draft is returned', async (agent) => (await outcome(agent, drafts)).best === 'B 0.8'],
    ['a good draft ends the run', async (agent) => (await outcome(agent, ['A 1'])).spent.modelCalls === 1],
    ['a plateau ends the run', async (agent) => (await outcome(agent, ['A 0.5', 'B 0.1'])).spent.modelCalls === 5],
    ['drafts have verdicts', async (agent) => (await outcome(agent, drafts)).verdict !== undefined],
    [
      'a prompt holds one draft, not all that came before',
      async (agent) => {
        const model = writer(drafts)
        await resultOf(agent(model, 'Write.', { verifier: rated }))
        return model.requests.every(({ text }) => (text.match(/\b[A-D] 0\.\d/g) ?? []).length <= 1)
      },
    ],
  ]
  const outcome = (agent: Agent, written: readonly string[]) =>
    resultOf(agent(writer(written), 'Write.', { verifier: rated }))

  it.each(checks)('%s', async (_, check) => {
    expect(await check(reflection)).toBe(true)
    expect(await check(swappingRoles)).toBe(false)
  })
})

const never = { signal: new AbortController().signal }

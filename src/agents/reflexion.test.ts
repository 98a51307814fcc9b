import { describe, expect, it } from 'vitest'
import { type ScriptedRequest, scriptedModel } from '../testing/index.ts'
import { resultOf } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import type { Verifier } from '../tools/steps/verifier.ts'
import { reflexion, type ReflexionOptions } from './reflexion.ts'
import { exact, judgeOf, rule } from './reflexion/evaluators.ts'
import { createMemory, type MemoryMode } from './reflexion/memory.ts'

const wants = (right: string): Verifier<string> => ({
  source: 'external',
  verify: (text) => ({ passed: text === right, score: text.length / 100, feedback: `${text} is not it` }),
})

const isReflection = ({ text }: ScriptedRequest): boolean => text.includes('An attempt at a task has failed')

/** Attempts in order; the k-th reflection is `lesson k`. */
function actorScript(attempts: readonly string[], lessons: readonly string[] = []) {
  let attempt = 0
  let lesson = 0
  return (request: ScriptedRequest): string =>
    isReflection(request)
      ? (lessons[lesson++] ?? `lesson ${'one two three four'.split(' ')[lesson - 1]}`)
      : String(attempts[Math.min(attempt++, attempts.length - 1)])
}

async function eventsOf<C>(run: AsyncIterable<RunEvent<C>>): Promise<RunEvent<C>[]> {
  const events = []
  for await (const event of run) events.push(event)
  return events
}

describe('reflexion', () => {
  it('tries again with what it has learnt, until it passes', async () => {
    const model = scriptedModel({ answers: actorScript(['a', 'b', 'right']) })
    const result = await resultOf(reflexion(model, 'the task', { evaluator: wants('right') }))
    expect(result).toMatchObject({ best: 'right', verified: true, reason: 'passed' })
    const attempts = model.requests.filter((request) => !isReflection(request)).map(({ text }) => text)
    expect(attempts[0]).toBe('user: the task')
    expect(attempts[1]).toContain('- lesson one')
    expect(attempts[2]).toContain('- lesson one\n- lesson two')
    expect(model.requests).toHaveLength(5)
  })

  it('gives the best attempt, not the last', async () => {
    const model = scriptedModel({ answers: actorScript(['aa', 'bbbb', 'c']) })
    const result = await resultOf(reflexion(model, 'q', { evaluator: wants('right') }))
    expect(result).toMatchObject({ best: 'bbbb', verified: true, reason: 'exhausted', verdict: { passed: false } })
  })

  it('keeps reflections short and without the solution', async () => {
    const lesson = 'Check the   sign.\n```js\nconst answer = 42\n```\nThen the unit.'
    const model = scriptedModel({ answers: actorScript(['a', 'b'], [lesson]) })
    const events = await eventsOf(reflexion(model, 'q', { evaluator: wants('right'), trials: 2 }))
    const added = events.filter((event) => event.type === 'reflection-add').map(({ text }) => text)
    expect(added).toEqual(['Check the sign. Then the unit.'])
    expect(model.requests.find(isReflection)?.options.maxTokens).toBe(120)
  })

  it.each<[MemoryMode, number, RegExp, RegExp]>([
    ['none', 3, /^user: q$/, /lesson|attempt/],
    ['last-attempt', 3, /The last attempt:\nb\n.*b is not it$/, /lesson/],
    ['reflexion', 5, /lesson one\n- lesson two$/, /last attempt/],
    ['both', 5, /lesson two\nThe last attempt:\nb\n/, /The last attempt:\na\n/],
  ])('with memory %s asks %i times', async (memoryMode, calls, has, hasNot) => {
    const model = scriptedModel({ answers: actorScript(['a', 'b', 'c']) })
    await resultOf(reflexion(model, 'q', { evaluator: wants('right'), memoryMode }))
    expect(model.requests).toHaveLength(calls)
    expect(model.requests.at(-1)?.text).toMatch(has)
    expect(model.requests.at(-1)?.text).not.toMatch(hasNot)
  })

  it('keeps the last three reflections across runs of a task, and of that task alone', async () => {
    const memory = createMemory()
    const script = actorScript(
      ['a'],
      ['first is sea', 'second is land', 'third is sky', 'fourth is fire', 'fifth is ice'],
    )
    const model = scriptedModel({ answers: script })
    const options = { evaluator: wants('right'), memory, taskKey: 'k', trials: 2 }
    await resultOf(reflexion(model, 'q', options))
    await resultOf(reflexion(model, 'q', options))
    const events = await eventsOf(reflexion(model, 'q', { ...options, trials: 1 }))
    expect(events.find((event) => event.type === 'memory-read')).toEqual({
      type: 'memory-read',
      reflections: ['second is land', 'third is sky', 'fourth is fire'],
    })
    const other = await eventsOf(reflexion(model, 'q', { ...options, taskKey: 'other', trials: 1 }))
    expect(other.find((event) => event.type === 'memory-read')).toMatchObject({ reflections: [] })
    expect((await memory.recall('k')).map(({ trial }) => trial)).toEqual([0, 1, 0, 1, 0])
  })

  it.each([
    ['words', undefined],
    ['an encoder', { embed: async (texts: readonly string[]) => texts.map(() => Float32Array.of(1, 0.2)) }],
  ])('keeps no reflection that says what one before said, by %s', async (_, encoder) => {
    const lessons = encoder === undefined ? ['Mind the sign of x.', 'mind the sign of x'] : ['one', 'two']
    const model = scriptedModel({ answers: actorScript(['a'], lessons) })
    const memory = createMemory()
    await resultOf(reflexion(model, 'q', { evaluator: wants('right'), memory, encoder, trials: 2 }))
    expect((await memory.recall('q')).map(({ reflection }) => reflection)).toEqual([lessons[0], undefined])
  })

  it('shows base models examples, and stops where the next would begin', async () => {
    const model = scriptedModel({ can: { chat: false }, answers: ['a'] })
    await resultOf(reflexion(model, 'q', { evaluator: wants('right'), trials: 2 }))
    expect(model.requests.map(({ prompt }) => typeof prompt)).toEqual(['string', 'string', 'string'])
    expect(model.requests[0]?.text).toMatch(/Task: q\nAnswer:$/)
    expect(model.requests.every(({ options }) => (options.stop ?? []).length > 0)).toBe(true)
  })

  it('judges by the model itself where nobody else does, and says so', async () => {
    const model = scriptedModel({ answers: ['text'], score: (_, mark) => (mark.endsWith('10/10') ? 0 : -50) })
    const result = await resultOf(reflexion(model, 'q', {}))
    expect(result).toMatchObject({ best: 'text', verified: false, reason: 'passed' })
    expect(result.warnings.map(({ code }) => code)).toContain('no-external-signal')
  })

  it.each([
    ['rounds', { rounds: 2 }, 'bbbb'],
    ['modelCalls', { modelCalls: 2 }, 'aa'],
    ['tokens', { tokens: 30 }, 'aa'],
  ])('stays inside a budget of %s and keeps the best so far', async (unit, budget, best) => {
    const model = scriptedModel({ answers: actorScript(['aa', 'bbbb', 'c']) })
    const options = { evaluator: wants('right'), budget, maxTokens: 10 }
    const result = await resultOf(reflexion(model, 'q', options))
    expect(result).toMatchObject({ best, reason: `budget-${unit}` })
    if (unit === 'tokens') expect(result.spent.tokensSeen).toBeLessThanOrEqual(30)
  })

  it('is cancelled by its signal with the best so far', async () => {
    const controller = new AbortController()
    const answers = (request: ScriptedRequest): string => {
      if (isReflection(request)) controller.abort()
      return 'aa bb'
    }
    const model = scriptedModel({ answers })
    const result = await resultOf(reflexion(model, 'q', { evaluator: wants('right'), signal: controller.signal }))
    expect(result).toMatchObject({ best: 'aa bb', reason: 'cancelled' })
    expect(model.pending()).toBe(0)
  })

  it('leaves nothing running when its stream is left', async () => {
    const model = scriptedModel({ answers: ['a'] })
    model.barrier(99)
    for await (const event of reflexion(model, 'q', { evaluator: wants('x') })) if (event.type === 'call-start') break
    expect(model.pending()).toBe(0)
  })

  it('tells its result before it throws what the model threw', async () => {
    const error = new Error('cut stream')
    const model = scriptedModel({ answers: ['aa'], faults: { 1: { error } } })
    const events: RunEvent<string>[] = []
    const run = async () => {
      for await (const event of reflexion(model, 'q', { evaluator: wants('x') })) events.push(event)
    }
    await expect(run()).rejects.toBe(error)
    expect(events.at(-1)).toMatchObject({ type: 'run-end', result: { best: 'aa', reason: 'failed' } })
  })

  it('is reproducible to the event', async () => {
    const answers = ({ random }: ScriptedRequest) => `answer ${Math.floor(random.float() * 1e6)}`
    const run = (seed: number) =>
      eventsOf(reflexion(scriptedModel({ answers }), 'q', { evaluator: wants('x'), seed, now: () => 0 }))
    expect(await run(7)).toEqual(await run(7))
    expect(await run(7)).not.toEqual(await run(8))
  })

  it('goes on with a run from where its memory ends, as if nothing had happened', async () => {
    const answers = ({ random }: ScriptedRequest) => `answer ${Math.floor(random.float() * 1e6)}`
    const options = (): ReflexionOptions<string> => ({
      evaluator: wants('x'),
      seed: 5,
      runId: 'run',
      memory: createMemory(),
    })
    const whole = options()
    const result = await resultOf(reflexion(scriptedModel({ answers }), 'q', whole))
    const records = (await whole.memory?.recall('q')) ?? []
    expect(records).toHaveLength(3)
    for (let kept = 0; kept <= 3; kept++) {
      const resumed = options()
      for (const record of records.slice(0, kept)) await resumed.memory?.store(record)
      const model = scriptedModel({ answers })
      const { best, verdict, reason } = await resultOf(reflexion(model, 'q', resumed))
      expect({ best, verdict, reason }).toEqual({ best: result.best, verdict: result.verdict, reason: result.reason })
      expect(await resumed.memory?.recall('q')).toEqual(records)
      expect(model.requests).toHaveLength(2 * (3 - kept))
    }
  })

  it.each([{ trials: 0 }, { window: 1.5 }, { maxTokens: Number.NaN }])('refuses %o', (options) => {
    expect(() => reflexion(scriptedModel(), 'q', options)).toThrow(Object.keys(options)[0])
  })

  it('refuses an empty task', () => {
    expect(() => reflexion(scriptedModel(), ' ')).toThrow(expect.objectContaining({ code: 'input-empty' }))
  })
})

describe('evaluators', () => {
  const context = { signal: new AbortController().signal }

  it('rule passes what has no fault', async () => {
    const short = rule((text: string) => (text.length > 3 ? 'Shorten it.' : undefined))
    expect(await short.verify('abc', context)).toEqual({ passed: true, score: 1, feedback: '' })
    expect(await short.verify('abcd', context)).toEqual({ passed: false, score: 0, feedback: 'Shorten it.' })
  })

  it('exact is an oracle, and does not tell the answer', async () => {
    const paris = exact('Paris')
    expect(paris.source).toBe('oracle')
    expect(await paris.verify('The answer is paris.', context)).toMatchObject({ passed: true })
    expect((await paris.verify('Rome', context)).feedback).not.toMatch(/paris/i)
  })

  it('judge is an opinion, whose issues are the feedback', async () => {
    const issues = [{ quote: 'aa', problem: 'Too short.', fix: 'Write more.' }]
    const judge = scriptedModel({ can: { score: false }, answers: [JSON.stringify({ issues, score: 4 })] })
    const options = { evaluator: judgeOf<string>(judge, 'q'), trials: 1 }
    const result = await resultOf(reflexion(scriptedModel({ answers: ['aa'] }), 'q', options))
    expect(result.verdict).toEqual({ passed: false, score: 0.4, feedback: '"aa": Too short. Write more.' })
    expect(result).toMatchObject({ verified: false, spent: { modelCalls: 2 } })
  })
})

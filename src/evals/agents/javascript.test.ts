import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { eventsOf } from '../../../test/support/events-of.ts'
import { createTestBench, verdictOf } from '../../agents/reflexion/code-tests.ts'
import { writeCode } from '../../agents/reflexion/write-code.ts'
import { type ScriptedRequest, scriptedModel } from '../../testing/index.ts'
import { createSandbox } from '../../tools/sandbox/sandbox.ts'
import { resultOf } from '../../tools/steps/run.ts'
import { type AgentOutcome, evaluateAgents } from './benchmark.ts'
import { gradeJavascript } from './grade-javascript.node.ts'
import { hiddenTests } from './javascript-hidden-tests.ts'
import { javascriptTasks } from './javascript-task-sets.ts'
import { javascriptBenchmark } from './javascript.ts'

const sandbox = createSandbox()
afterAll(() => sandbox[Symbol.dispose]())

const sets = ['development', 'held-back'] as const
const cases = sets.flatMap((set) =>
  javascriptTasks[set].map((task) => {
    const hidden = hiddenTests[set].find(({ id }) => id === task.id)
    if (hidden === undefined) throw new Error(task.id)
    return { set, task, hidden }
  }),
)
const isReflection = ({ text }: ScriptedRequest): boolean => text.includes('An attempt at a task has failed')
const isTests = ({ text }: ScriptedRequest): boolean => text.includes('Write at most 6 tests')

describe('JS-80', () => {
  it('has eighty tasks, half of them held back, a third of each half misleading', () => {
    expect(new Set(cases.map(({ task }) => task.id)).size).toBe(80)
    for (const set of sets) {
      expect(javascriptTasks[set]).toHaveLength(40)
      expect(javascriptTasks[set].filter(({ misleading }) => misleading)).toHaveLength(14)
    }
  })

  it.each(cases)('$set $task.id: its solution passes all tests, habit does not', async ({ task, hidden }) => {
    const [shown, kept] = [task.examples ?? [], hidden.tests]
    const callsOf = (tests: readonly { call: string }[]) => tests.map(({ call }) => call)
    expect(callsOf(kept).filter((call) => callsOf(shown).includes(call))).toEqual([])
    const right = await createTestBench(sandbox, [...shown, ...kept]).run(hidden.solution)
    expect(right.map(({ fault }) => fault).filter((fault) => fault !== '')).toEqual([])
    expect(hidden.naive !== undefined).toBe(task.misleading)
    if (hidden.naive === undefined) return
    const byHabit = await createTestBench(sandbox, kept).run(hidden.naive)
    expect(byHabit.filter(({ passed }) => !passed).length).toBeGreaterThanOrEqual(2)
    expect(verdictOf(await createTestBench(sandbox, shown).run(hidden.naive)).passed).toBe(false)
  })
})

describe('the hidden grader (D2)', () => {
  const task = javascriptTasks.development[0]
  /** Knows the examples by heart and nothing else. */
  const cheat = `function ${task.functionName}(...given) { return given[1] === 2 ? 'a a bc bc' : 'x x x' }`

  it('is another process, that tells a grade and nothing of its tests', async () => {
    const request = { set: 'development', id: task.id } as const
    const solution = hiddenTests.development[0].solution
    expect(await gradeJavascript({ ...request, source: solution })).toEqual({ passed: true, score: 1 })
    expect(await gradeJavascript({ ...request, source: cheat })).toEqual({ passed: false, score: expect.any(Number) })
    expect(await gradeJavascript({ ...request, source: 'process.exit(0)' })).toEqual({ passed: false, score: 0 })
    const unknown = gradeJavascript({ ...request, id: 'none', source: '' })
    await expect(unknown).rejects.toThrow('a task of development expected, got none')
  })

  it('judges what has passed the visible tests, after the run, and changes nothing of it', async () => {
    const model = scriptedModel({ answers: [cheat] })
    const options = {
      items: 40,
      methods: ['reflexion'],
      tokens: 2000,
      seeds: [1],
      signal: new AbortController().signal,
    }
    const benchmark = javascriptBenchmark('development')
    const only = {
      ...benchmark,
      baseline: 'reflexion',
      items: async () => (await benchmark.items(40, 0)).filter(({ id }) => id === task.id),
    }
    const outcomes: AgentOutcome[] = []
    for await (const outcome of evaluateAgents(model, only, { ...options, now: () => 0 })) outcomes.push(outcome)
    expect(outcomes).toHaveLength(1)
    expect(outcomes[0]).toMatchObject({ item: task.id, score: 0, reason: 'passed', verified: true })
    expect(outcomes[0].trace.at(-1)?.type).toBe('run-end')
    expect(model.requests).toHaveLength(1)
  })

  it('is out of reach of agents: nothing of a hidden test is asked, and nothing of theirs imports it', async () => {
    for (const { task: each, hidden } of cases.slice(0, 6)) {
      const model = scriptedModel({ answers: ['const nothing = 1'] })
      await resultOf(writeCode(model, each, { sandbox, selfTests: true, trials: 2 }))
      const read = model.requests.map(({ text }) => text).join('\n')
      expect(hidden.tests.filter(({ call }) => read.includes(call))).toEqual([])
      expect(read).not.toContain(hidden.solution)
    }
    const source = fileURLToPath(new URL('../../', import.meta.url))
    for (const folder of ['agents', 'tools', 'testing', 'retrieval']) {
      for (const file of readdirSync(join(source, folder), { recursive: true, encoding: 'utf8' })) {
        if (file.endsWith('.ts'))
          expect(readFileSync(join(source, folder, file), 'utf8')).not.toMatch(/from '.*evals\//)
      }
    }
  })
})

/**
 * A model that has habits: each sample of a misleading task follows the habit half the time, and the tests that it writes always do. On the
 * others it is right half the time, and so are its tests.
 */
function habitual(solution: string, other: string, tests: readonly unknown[]) {
  return scriptedModel({
    answers: (request) => {
      if (isReflection(request)) return `Lesson ${Math.floor(request.random.float() * 1e9)}.`
      if (isTests(request)) return JSON.stringify({ tests })
      return `\`\`\`js\n${request.random.float() < 0.5 ? solution : other}\n\`\`\``
    },
  })
}

describe('self-written tests that mislead', () => {
  // A quarter of them: each runs dozens of programs.
  const misleading = cases.filter(({ task }) => task.misleading).filter((_, at) => at % 4 === 0)

  /** What habit says of the hidden calls: the worst tests that a model could write. */
  async function liesOf({ hidden }: (typeof cases)[number]) {
    const calls = hidden.tests.map(({ call }) => call)
    const { outcomes } = await sandbox.evaluate(hidden.naive ?? '', calls)
    const written = outcomes.map((outcome, at) => ({
      call: calls[at],
      expected: 'value' in outcome ? outcome.value : '0',
    }))
    return written.filter(({ expected }) => !expected.includes('NaN')).slice(0, 6)
  }

  it('never make reflexion worse than its first attempt, nor than reflexion without them', async () => {
    const solved = { first: 0, examples: 0, selfTests: 0 }
    for (const [seed, each] of misleading.entries()) {
      const { task, hidden } = each
      const model = () => habitual(hidden.solution, hidden.naive ?? '', lies)
      const lies = await liesOf(each)
      const bench = createTestBench(sandbox, hidden.tests)
      const grade = async (source: string) => Number(verdictOf(await bench.run(source)).passed)
      const attempt = async (selfTests: boolean) => {
        const events = await eventsOf(writeCode(model(), task, { sandbox, selfTests, seed }))
        const drafts = events.flatMap((event) => (event.type === 'candidate-add' ? [event.candidate] : []))
        const end = events.at(-1)
        return { draft: drafts[0], best: end?.type === 'run-end' ? (end.result.best ?? '') : '' }
      }
      const [plain, tested] = [await attempt(false), await attempt(true)]
      expect(tested.draft).toBe(plain.draft)
      const [first, examples, selfTests] = [await grade(plain.draft), await grade(plain.best), await grade(tested.best)]
      expect(selfTests, task.id).toBeGreaterThanOrEqual(first)
      expect(selfTests, task.id).toBeGreaterThanOrEqual(examples)
      solved.first += first
      solved.examples += examples
      solved.selfTests += selfTests
    }
    expect(solved.selfTests).toBeGreaterThan(solved.first)
  })
})

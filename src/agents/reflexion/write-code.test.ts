import { afterAll, describe, expect, it } from 'vitest'
import { type ScriptedRequest, scriptedModel } from '../../testing/index.ts'
import { createSandbox } from '../../tools/sandbox/sandbox.ts'
import { resultOf } from '../../tools/steps/run.ts'
import type { RunEvent } from '../../tools/steps/run-event.ts'
import { canonicalSource, createTestBench, readCode, verdictOf } from './code-tests.ts'
import type { CodeTask } from './code-task.ts'
import { writeCode } from './write-code.ts'

const sandbox = createSandbox()
afterAll(() => sandbox[Symbol.dispose]())

const clamp: CodeTask = {
  functionName: 'clamp',
  description: 'Keeps x between low and high.',
  examples: [{ call: 'clamp(5, 0, 3)', expected: '3' }],
}
const fenced = (source: string) => `Here it is:\n\`\`\`js\n${source}\n\`\`\`\nDone.`
const wrong = 'const clamp = (x, low, high) => Math.min(x, high)'
const right = 'const clamp = (x, low, high) => Math.max(low, Math.min(x, high))'
const below = { call: 'clamp(-1, 0, 3)', expected: '0' }

function purposeOf({ text }: ScriptedRequest): 'reflect' | 'tests' | 'code' {
  if (text.includes('An attempt at a task has failed')) return 'reflect'
  return text.includes('Write at most 6 tests') ? 'tests' : 'code'
}

describe('tests of code', () => {
  it('tell what a call gave, what it should give, and why nothing came of it', async () => {
    const tests = [
      { call: 'f(1)', expected: '({ b: [1], a: new Set([2, 1]) })' },
      { call: 'f(2)', expected: '3' },
      { call: 'f(3)', throws: 'RangeError' },
      { call: 'f(4)', throws: 'RangeError' },
      { call: 'f(5)', expected: '1' },
      { call: 'f(6)', expected: '1' },
    ]
    const source = `function f(x) {
      if (x === 1) return { a: new Set([1, 2]), b: [1] }
      if (x === 2) return '3'
      if (x === 3) throw new RangeError('x')
      if (x === 4) return null.y
      for (;;);
    }`
    const results = await createTestBench(sandbox, tests).run(source)
    expect(results.map(({ passed }) => passed)).toEqual([true, false, true, false, false, false])
    expect(verdictOf(results).score).toBeCloseTo(1 / 3)
    expect(verdictOf(results).feedback.split('\n')).toEqual([
      'f(2) should give 3, but it gave "3"',
      expect.stringMatching(/^f\(4\) should throw a RangeError, but it threw TypeError: /),
      'f(5) gave nothing: the code ran longer than 1000 ms.',
      '1 more tests fail.',
    ])
  })

  it('run each distinct candidate once (D3)', async () => {
    const bench = createTestBench(sandbox, [below])
    const [first, again] = await Promise.all([bench.run(right), bench.run(`\r\n${right}  \n\n`)])
    expect(again).toBe(first)
    expect(bench.executions()).toBe(1)
    expect((await bench.run(wrong))[0]).toMatchObject({ passed: false })
    expect(bench.executions()).toBe(2)
  })

  it('take nothing out of template literals when they compare programs', () => {
    expect(canonicalSource('a\n\nb')).toBe(canonicalSource('a  \nb\n'))
    expect(canonicalSource('`a\n\nb`')).not.toBe(canonicalSource('`a\nb`'))
  })

  it('expect what no candidate can change', async () => {
    const tamper =
      'Number.prototype.valueOf = () => 7; globalThis.undefined = 1; const clamp = () => 7; Object.is = () => true'
    expect(verdictOf(await createTestBench(sandbox, [below]).run(tamper)).passed).toBe(false)
  })

  it.each([
    ['```js\nconst a = 1\n```', 'const a = 1'],
    ['text\n```\nexport default function f() {}\n```\n```js\nf()\n```', 'function f() {}'],
    ['const f = 1\nexport { f }', 'const f = 1'],
    ['```javascript\nconst cut = 1', 'const cut = 1'],
    ['no code', 'no code'],
  ])('read the program in %j', (answer, source) => {
    expect(readCode(answer)).toBe(source)
  })

  it.each([{ call: 'f()' }, { call: ' ', expected: '1' }, { call: 'f()', expected: '1', throws: 'Error' }])(
    'refuse %o',
    (test) => {
      expect(() => createTestBench(sandbox, [test])).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    },
  )

  it('refuse an expected value that is none', async () => {
    const bench = createTestBench(sandbox, [{ call: 'f()', expected: 'not a value' }])
    await expect(bench.run('const f = () => 1')).rejects.toMatchObject({ code: 'invalid-argument' })
  })
})

describe('writeCode', () => {
  it('writes against the tests that it is shown, and learns from what fails', async () => {
    const answers = (request: ScriptedRequest) => {
      if (purposeOf(request) === 'reflect') return 'I forgot the lower end. Next time I treat both ends.'
      return fenced(request.text.includes('forgot the lower end') ? right : wrong)
    }
    const model = scriptedModel({ answers })
    const result = await resultOf(writeCode(model, clamp, { tests: [below], sandbox }))
    expect(result).toMatchObject({ best: right, verified: true, reason: 'passed', verdict: { score: 1 } })
    expect(model.requests.map(purposeOf)).toEqual(['code', 'reflect', 'code'])
    expect(model.requests[1]?.text).toContain('clamp(-1, 0, 3) should give 0, but it gave -1')
  })

  it('makes a sandbox of its own, and shows base models examples', async () => {
    const model = scriptedModel({ can: { chat: false }, answers: [fenced(right)] })
    const result = await resultOf(writeCode(model, clamp))
    expect(result).toMatchObject({ best: right, reason: 'passed' })
    expect(model.requests[0]?.text).toMatch(/Function: clamp: [^]*\nCode:$/)
  })

  it('is cancelled while a candidate runs', async () => {
    const controller = new AbortController()
    const model = scriptedModel({ answers: ['for (;;);'] })
    let result
    for await (const event of writeCode(model, clamp, { signal: controller.signal })) {
      if (event.type === 'candidate-add') controller.abort()
      if (event.type === 'run-end') result = event.result
    }
    expect(result).toMatchObject({ best: 'for (;;);', reason: 'cancelled' })
  })

  it.each([
    [{ ...clamp, description: ' ' }, 'input-empty'],
    [{ ...clamp, functionName: 'a b' }, 'invalid-argument'],
    [{ ...clamp, examples: [] }, 'invalid-argument'],
  ])('refuses %o', (task, code) => {
    expect(() => writeCode(scriptedModel(), task)).toThrow(expect.objectContaining({ code }))
  })
})

describe('self-written tests', () => {
  /** The tests that are trusted, of those written. */
  async function trustedOf(task: CodeTask, tests: unknown, candidates: readonly string[], attempt = right) {
    let voter = 0
    const answers = (request: ScriptedRequest): string => {
      if (purposeOf(request) === 'tests') return JSON.stringify({ tests })
      return fenced(voter < 3 ? String(candidates[voter++]) : attempt)
    }
    const model = scriptedModel({ answers })
    const events: RunEvent<string>[] = []
    for await (const event of writeCode(model, task, { selfTests: true, sandbox, trials: 1 })) events.push(event)
    const progress = events.find((event) => event.type === 'progress')
    const end = events.at(-1)
    return { done: progress?.done, total: progress?.total, result: end?.type === 'run-end' ? end.result : undefined }
  }

  it('count where they parse, are calls, agree with the examples and some candidate passes them', async () => {
    const tests = [
      below,
      { call: 'clamp(-1,0,3)', expected: '1' },
      { call: 'clamp(5,  0, 3)', expected: '4' },
      { call: 'clamp(1, 0, 3', expected: '1' },
      { call: '"no call"', expected: '"no call"' },
      { call: 'clamp(9, 1, 2)', expected: '17' },
    ]
    const { done, total, result } = await trustedOf(clamp, tests, [wrong, right, 'broken('])
    expect([done, total]).toEqual([1, 6])
    expect(result).toMatchObject({ reason: 'passed', verified: true, spent: { modelCalls: 5 } })
  })

  it('are voted on by candidates alone that do what the examples say', async () => {
    const swapped = 'const clamp = () => -9'
    const tests = [{ call: 'clamp(1, 0, 3)', expected: '-9' }]
    expect(await trustedOf(clamp, tests, [swapped, swapped, swapped])).toMatchObject({ done: 0 })
    const bare = { ...clamp, examples: [] }
    expect(await trustedOf(bare, tests, [swapped, swapped, swapped])).toMatchObject({ done: 1 })
  })

  it('weigh less than one example: a candidate that passes all of them loses to one that passes the examples', async () => {
    const onlyOwn = 'const clamp = (x, low) => Math.max(x, low)'
    const lied = [below, { call: 'clamp(4, 0, 3)', expected: '4' }]
    const liar = `const clamp = (x, low, high) => (x === 4 ? 4 : Math.max(low, Math.min(x, high)))`
    const attempts = [wrong, onlyOwn]
    let code = 0
    const answers = (request: ScriptedRequest): string => {
      if (purposeOf(request) === 'tests') return JSON.stringify({ tests: lied })
      if (purposeOf(request) === 'reflect') return 'lesson'
      return fenced(code++ < 3 ? liar : String(attempts.shift()))
    }
    const run = writeCode(scriptedModel({ answers }), clamp, { selfTests: true, sandbox, trials: 2 })
    expect(await resultOf(run)).toMatchObject({ best: wrong, reason: 'exhausted', verdict: { passed: false } })
  })

  it('prove nothing where there is no example', async () => {
    const { result } = await trustedOf({ ...clamp, examples: [] }, [below], [right, right, right])
    expect(result).toMatchObject({ best: right, verified: false, reason: 'passed' })
    expect(result?.warnings.map(({ code }) => code)).toContain('no-external-signal')
  })

  it('go back to the model where they have not the form, twice at most', async () => {
    let asked = 0
    const answers = (request: ScriptedRequest): string => {
      if (purposeOf(request) !== 'tests') return fenced(right)
      return ++asked < 3 ? '{"tests": 1}' : JSON.stringify({ tests: [below] })
    }
    const model = scriptedModel({ answers })
    await resultOf(writeCode(model, clamp, { selfTests: true, sandbox }))
    expect(asked).toBe(3)
    expect(model.requests.findLast((request) => purposeOf(request) === 'tests')?.text).toContain('expected array')
    asked = -9
    const { warnings, best } = await resultOf(
      writeCode(scriptedModel({ answers }), clamp, { selfTests: true, sandbox }),
    )
    expect(warnings.map(({ code }) => code)).toContain('answer-invalid')
    expect(best).toBe(right)
  })
})

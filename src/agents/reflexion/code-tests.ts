/**
 * Tests of JavaScript: calls with what they have to give. Candidates run in the sandbox, each distinct one once; expected values are
 * evaluated apart from them, so that no candidate has a say in what is right.
 */
import type { ExpressionOutcome, Sandbox } from '../../tools/sandbox/sandbox.ts'
import type { Verdict, Verifier } from '../../tools/steps/verifier.ts'
import { OstroError } from '../../util/error.ts'

/** Two expressions, such as `sum([1, 2])` and `3`; or a call that throws an error of this name. */
export interface CodeTest {
  readonly call: string
  readonly expected?: string | undefined
  readonly throws?: string | undefined
}

export interface TestResult {
  readonly test: CodeTest
  readonly passed: boolean
  /** What is wrong, for the model to read; empty where nothing is. */
  readonly fault: string
}

export interface TestBench {
  /** One result per test, in order. @throws OstroError `aborted`, `device` */
  readonly run: (source: string, signal?: AbortSignal) => Promise<readonly TestResult[]>
  /** Distinct candidates that were run. */
  readonly executions: () => number
}

/** @throws OstroError `invalid-argument` for a test whose expected value is none; when it runs */
export function createTestBench(sandbox: Sandbox, tests: readonly CodeTest[]): TestBench {
  for (const test of tests) checkTest(test)
  const known = new Map<string, Promise<readonly TestResult[]>>()
  let executions = 0
  let expected: Promise<readonly string[]> | undefined
  return {
    executions: () => executions,
    run: (source, signal) => {
      const key = canonicalSource(source)
      const before = known.get(key)
      if (before !== undefined) return before
      executions++
      expected ??= evaluateExpected(sandbox, tests)
      const results = runTests(sandbox, source, tests, expected, signal)
      known.set(key, results)
      // What was cancelled is not known.
      results.catch(() => known.delete(key))
      return results
    },
  }
}

/** The tests as an evaluator: the score is the share that passes. */
export function testsVerifier(bench: TestBench): Verifier<string> {
  return {
    source: 'external',
    verify: async (source, { signal }) => verdictOf(await bench.run(source, signal)),
  }
}

/** The faults that the model reads at once. */
const mostFaults = 3

export function verdictOf(results: readonly TestResult[]): Verdict {
  const failed = results.filter(({ passed }) => !passed)
  const score = results.length === 0 ? 0 : 1 - failed.length / results.length
  const faults = [...new Set(failed.map(({ fault }) => fault))]
  const more = faults.length > mostFaults ? [`${faults.length - mostFaults} more tests fail.`] : []
  return {
    passed: results.length > 0 && failed.length === 0,
    score,
    feedback: [...faults.slice(0, mostFaults), ...more].join('\n'),
  }
}

/**
 * What two writings of the same program share: line ends and space at line ends do not count, nor do empty lines, except where they may
 * stand in a template literal.
 */
export function canonicalSource(source: string): string {
  const lines = source.replaceAll('\r\n', '\n').trim()
  return lines.includes('`') ? lines : lines.replaceAll(/[ \t]+$/gm, '').replaceAll(/\n{2,}/g, '\n')
}

/** The program in a model's answer: the first fenced block, else all of it; without the words that only modules know. */
export function readCode(answer: string): string {
  const fenced = /```[a-z]*[ \t]*\n([^]*?)(?:\n[ \t]*```|$)/i.exec(answer)?.[1]
  return (fenced ?? answer)
    .replaceAll(/^export\s+(?:default\s+)?(?=(?:async\s+)?(?:function|const|let|class)\b)/gm, '')
    .replaceAll(/^export\s*(?:default\s+\w+|\{[^}]*\});?[ \t]*$/gm, '')
    .trim()
}

async function runTests(
  sandbox: Sandbox,
  source: string,
  tests: readonly CodeTest[],
  expected: Promise<readonly string[]>,
  signal: AbortSignal | undefined,
): Promise<TestResult[]> {
  const right = await expected
  const calls = tests.map(({ call }) => call)
  const { outcomes, failure } = await sandbox.evaluate(source, calls, { signal })
  return tests.map((test, at) => {
    const fault = faultOf(test, right[at], outcomes[at], failure?.message)
    return { test, passed: fault === '', fault }
  })
}

function faultOf(test: CodeTest, right: string, outcome: ExpressionOutcome | undefined, failure = ''): string {
  if (outcome === undefined)
    return `${test.call} gave nothing: ${failure.replace(/^sandbox: /, '').replace(/\. .*/, '.')}`
  if ('error' in outcome) {
    if (test.throws !== undefined && outcome.error.startsWith(`${test.throws}:`)) return ''
    if (outcome.error.startsWith('SyntaxError')) return `The code cannot be read: ${outcome.error}`
    return `${test.call} should ${wishOf(test, right)}, but it threw ${outcome.error}`
  }
  if (test.throws === undefined && outcome.value === right) return ''
  return `${test.call} should ${wishOf(test, right)}, but it gave ${outcome.value}`
}

const wishOf = ({ throws }: CodeTest, right: string): string =>
  throws === undefined ? `give ${right}` : `throw a ${throws}`

async function evaluateExpected(sandbox: Sandbox, tests: readonly CodeTest[]): Promise<string[]> {
  const { outcomes, failure } = await sandbox.evaluate(
    '',
    tests.map(({ expected = 'undefined' }) => expected),
  )
  return tests.map(({ call, expected }, at) => {
    const outcome = outcomes[at] ?? { error: failure?.message ?? '' }
    if ('value' in outcome) return outcome.value
    const message = `tests: an expression expected for ${call}, got ${expected}: ${outcome.error}.`
    throw new OstroError('invalid-argument', message, { call, expected })
  })
}

function checkTest({ call, expected, throws }: CodeTest): void {
  if (call.trim() !== '' && (expected === undefined) !== (throws === undefined)) return
  const message = `tests: a call with either "expected" or "throws" expected, got ${JSON.stringify({ call, expected, throws })}.`
  throw new OstroError('invalid-argument', message, { call })
}

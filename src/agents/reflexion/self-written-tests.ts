/**
 * Tests that the model writes itself. They lie: where more than a few are wrong, reflexion falls below plain sampling (Shinn et al. 2023,
 * table 2). So a test counts only if it parses, agrees with the task's examples, and one of several independent candidates that fulfil the
 * examples passes it; and the examples outrank all of them.
 */
import * as z from 'zod'
import type { LanguageModel } from '../../tools/language-model.ts'
import type { Sandbox } from '../../tools/sandbox/sandbox.ts'
import { prepareInstruction } from '../../tools/steps/instruction.ts'
import type { Run } from '../../tools/steps/run.ts'
import type { Verdict, Verifier } from '../../tools/steps/verifier.ts'
import { askJson } from '../ask-json.ts'
import { codePrompt, type CodeTask, describeCode } from './code-task.ts'
import { type CodeTest, createTestBench, readCode, verdictOf } from './code-tests.ts'

const mostTests = 6
/** Samples that are nobody's attempt: they only vote on tests. */
const voters = 3
const testTokens = 512

const expression = z.string().min(1).max(300)
const testsSchema = z.strictObject({
  tests: z.array(z.strictObject({ call: expression, expected: expression })).max(mostTests),
})

export interface SelfTestOptions {
  /** Of each candidate that votes. Default 1024. */
  readonly maxTokens?: number | undefined
}

/** An evaluator that has the model write tests, inside the run, and keeps those that can be trusted. */
export function selfTested(
  model: LanguageModel,
  task: CodeTask,
  sandbox: Sandbox,
  options: SelfTestOptions = {},
): (run: Run<string>) => Promise<Verifier<string>> {
  const { examples = [] } = task
  return async (run) => {
    const [written, candidates] = await Promise.all([
      writeTests(run, model, task),
      sampleCandidates(run, model, task, options.maxTokens ?? 1024),
    ])
    const agreeing = await withoutContradictions(sandbox, task, written)
    const trusted = await passedBySome(sandbox, agreeing, await fulfilling(sandbox, examples, candidates))
    run.emit({ type: 'progress', stage: 'tests', done: trusted.length, total: written.length })
    return examplesFirst(sandbox, examples, trusted)
  }
}

async function writeTests(run: Run<string>, model: LanguageModel, task: CodeTask): Promise<readonly CodeTest[]> {
  const { prompt, stop } = prepareInstruction(model, {
    task:
      `Write at most ${mostTests} tests of a JavaScript function, as JSON: each has "call", a call of the function, and "expected", ` +
      'the expression of its value. Test ordinary and extreme inputs. Write only what the description says for sure.',
    input: describeCode(task),
    inputName: 'Function',
    outputName: 'Tests',
    examples: model.can.chat ? [] : [testExample],
  })
  const asked = { purpose: 'tests', path: ['tests'], maxTokens: testTokens, temperature: 0, stop }
  return (await askJson(run, model, prompt, testsSchema, asked))?.tests ?? []
}

const testExample = {
  input: describeCode({
    functionName: 'double',
    description: 'Gives twice the number x.',
    examples: [{ call: 'double(2)', expected: '4' }],
  }),
  output: JSON.stringify({
    tests: [
      { call: 'double(0)', expected: '0' },
      { call: 'double(-1.5)', expected: '-3' },
    ],
  } satisfies z.infer<typeof testsSchema>),
}

function sampleCandidates(run: Run<string>, model: LanguageModel, task: CodeTask, maxTokens: number) {
  const { prompt, stop } = codePrompt(model, task, { reflections: [], lastAttempt: undefined })
  const samples = Array.from({ length: voters }, async (_, voter) => {
    const asked = { purpose: 'vote', path: ['vote', voter], maxTokens, temperature: 0.8, stop }
    return readCode((await run.ask(model, prompt, asked)).text)
  })
  return Promise.all(samples)
}

/** Tests that parse, are calls of the function, and expect nothing but what the examples say of the same call. */
async function withoutContradictions(
  sandbox: Sandbox,
  { functionName, examples = [] }: CodeTask,
  tests: readonly CodeTest[],
): Promise<CodeTest[]> {
  // The function as one that gives its arguments: equal calls are equal values, however they are written.
  const echo = `function ${functionName}(...values) { return { called: values } }`
  const valuesOf = async (source: string, expressions: readonly string[]) => {
    const { outcomes } = await sandbox.evaluate(source, expressions)
    return expressions.map((_, at) => valueIn(outcomes[at]))
  }
  const callsOf = (given: readonly CodeTest[]) =>
    valuesOf(
      echo,
      given.map(({ call }) => call),
    )
  const expectedOf = (given: readonly CodeTest[]) =>
    valuesOf(
      '',
      given.map(({ expected = 'undefined' }) => expected),
    )
  const [exampleCalls, exampleValues] = [await callsOf(examples), await expectedOf(examples)]
  const [calls, values] = [await callsOf(tests), await expectedOf(tests)]
  return tests.filter((_, at) => {
    const call = calls[at]
    if (call === undefined || !call.startsWith('{"called": ') || values[at] === undefined) return false
    if (calls.indexOf(call) < at) return false
    const example = exampleCalls.indexOf(call)
    return example < 0 || (examples[example].throws === undefined && exampleValues[example] === values[at])
  })
}

const valueIn = (outcome: { readonly value: string } | { readonly error: string } | undefined): string | undefined =>
  outcome !== undefined && 'value' in outcome ? outcome.value : undefined

/** Candidates that do what the examples say: only they have a vote. */
async function fulfilling(
  sandbox: Sandbox,
  examples: readonly CodeTest[],
  candidates: readonly string[],
): Promise<readonly string[]> {
  if (examples.length === 0) return candidates
  const bench = createTestBench(sandbox, examples)
  const results = await Promise.all(candidates.map((candidate) => bench.run(candidate)))
  return candidates.filter((_, at) => results[at].every(({ passed }) => passed))
}

async function passedBySome(
  sandbox: Sandbox,
  tests: readonly CodeTest[],
  candidates: readonly string[],
): Promise<readonly CodeTest[]> {
  const bench = createTestBench(sandbox, tests)
  const results = await Promise.all(candidates.map((candidate) => bench.run(candidate)))
  return tests.filter((_, at) => results.some((result) => result[at].passed))
}

/** No number of the model's own tests weighs as much as one example. */
function examplesFirst(sandbox: Sandbox, examples: readonly CodeTest[], tests: readonly CodeTest[]): Verifier<string> {
  const [given, own] = [createTestBench(sandbox, examples), createTestBench(sandbox, tests)]
  const ownShare = 1 / (2 * examples.length + 2)
  return {
    source: examples.length === 0 ? 'model' : 'external',
    verify: async (source, { signal }): Promise<Verdict> => {
      const byExamples = verdictOf(await given.run(source, signal))
      if (examples.length > 0 && !byExamples.passed) {
        return { ...byExamples, score: byExamples.score * (1 - ownShare) }
      }
      const byOwn = verdictOf(await own.run(source, signal))
      if (tests.length === 0) return { passed: examples.length > 0, score: examples.length > 0 ? 1 : 0, feedback: '' }
      return examples.length === 0 ? byOwn : { ...byOwn, score: 1 - ownShare + ownShare * byOwn.score }
    },
  }
}

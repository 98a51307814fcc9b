/** An agent that writes a JavaScript function against tests, by reflexion; everything that it writes runs in the sandbox only. */
import type { LanguageModel } from '../../tools/language-model.ts'
import { createSandbox, type Sandbox } from '../../tools/sandbox/sandbox.ts'
import type { RunEvent } from '../../tools/steps/run-event.ts'
import { OstroError } from '../../util/error.ts'
import { codePrompt, type CodeTask, describeCode } from './code-task.ts'
import { type CodeTest, createTestBench, readCode, testsVerifier } from './code-tests.ts'
import { reflexion, type ReflexionOptions } from '../reflexion.ts'
import type { Actor } from './actor.ts'
import { selfTested } from './self-written-tests.ts'

export interface WriteCodeOptions extends Omit<ReflexionOptions<string>, 'actor' | 'evaluator'> {
  /** Checked besides the examples; the model reads what fails. Default none. */
  readonly tests?: readonly CodeTest[] | undefined
  /** Has the model write tests too; those that can be trusted count, after the examples. Default false. */
  readonly selfTests?: boolean | undefined
  /** Default: one of its own, with the limits that it has by itself. */
  readonly sandbox?: Sandbox | undefined
}

/**
 * Writes a function, runs it against the examples and tests, and tries again with what it has learnt. The candidate is the source.
 *
 * @throws OstroError `input-empty`, `invalid-argument`; what `reflexion` throws
 * @example
 * const task = { functionName: 'double', description: 'Twice x.', examples: [{ call: 'double(2)', expected: '4' }] }
 * const { best } = await resultOf(writeCode(model, task))
 */
export function writeCode(
  model: LanguageModel,
  task: CodeTask,
  options: WriteCodeOptions = {},
): AsyncGenerator<RunEvent<string>, void, void> {
  const { tests = [], selfTests = false } = options
  checkTask(task, [...(task.examples ?? []), ...tests], selfTests)
  return run()

  async function* run(): AsyncGenerator<RunEvent<string>, void, void> {
    using own = options.sandbox === undefined ? createSandbox() : undefined
    const sandbox = options.sandbox ?? own
    if (sandbox === undefined) return
    const visible = [...(task.examples ?? []), ...tests]
    const evaluator = selfTests
      ? selfTested(model, { ...task, examples: visible }, sandbox, { maxTokens: options.maxTokens })
      : testsVerifier(createTestBench(sandbox, visible))
    const { taskKey = `${task.functionName}: ${task.description}` } = options
    yield* reflexion(model, describeCode(task), { ...options, taskKey, evaluator, actor: codeActor(task) })
  }
}

/** Writes the function; the trajectory is its source. */
function codeActor(task: CodeTask): Actor<string> {
  return async (run, { model, lessons, trial, maxTokens, temperature }) => {
    const { prompt, stop } = codePrompt(model, task, lessons)
    const answer = await run.ask(model, prompt, { purpose: 'act', path: ['act', trial], maxTokens, temperature, stop })
    const candidate = readCode(answer.text)
    return { candidate, trajectory: candidate }
  }
}

function checkTask({ functionName, description }: CodeTask, visible: readonly CodeTest[], selfTests: boolean): void {
  if (description.trim() === '') {
    throw new OstroError('input-empty', 'writeCode: a description expected, got an empty one.')
  }
  if (!/^[A-Za-z_$][\w$]*$/.test(functionName)) {
    const message = `writeCode: the name of a function expected, got ${JSON.stringify(functionName)}.`
    throw new OstroError('invalid-argument', message, { functionName })
  }
  if (visible.length > 0 || selfTests) return
  throw new OstroError('invalid-argument', 'writeCode: examples or tests expected, or selfTests; got none of them.')
}

/** What all tasks share: they run within a budget, tell what they do, and end with one result. */
import type { LanguageModel } from '../tools/language-model.ts'
import type { Spent } from '../tools/steps/budget.ts'
import type { RunOptions } from '../tools/steps/run.ts'
import type { RunEndReason, RunEvent, RunResult, RunWarning } from '../tools/steps/run-event.ts'
import type { StepContext, StepEvent } from '../tools/steps/step.ts'
import { OstroError } from '../util/error.ts'

/** What a task's result says beside what it was asked for. */
export interface TaskEnd {
  readonly spent: Spent
  /** `answered`, or which limit ended the task early. */
  readonly reason: RunEndReason
  readonly warnings: readonly RunWarning[]
}

/** Reads the events of a task to the end. @throws what the task throws; `budget-reached` or `aborted` where there is no result yet */
export async function finishTask<T>(task: string, events: AsyncIterable<RunEvent<T>>): Promise<T & TaskEnd> {
  let result: RunResult<T> | undefined
  for await (const event of events) if (event.type === 'run-end') result = event.result
  return outcomeOf(task, result)
}

/** The events of a task as those of a step. */
export async function* taskStep<T>(
  task: string,
  events: AsyncIterable<RunEvent<T>>,
): AsyncGenerator<StepEvent<T & TaskEnd>, void, void> {
  let result: RunResult<T> | undefined
  for await (const event of events) {
    if (event.type === 'run-end') result = event.result
    yield event
  }
  yield { type: 'step-output', output: outcomeOf(task, result) }
}

/** What of a step's context a run takes. */
export function runOptionsOf({ seed, signal, budget, parent }: StepContext): RunOptions {
  return { seed, signal, budget, parent }
}

/** @throws OstroError `input-empty` */
export function checkNotEmpty(task: string, text: string, what = 'a text'): void {
  if (text.trim() !== '') return
  throw new OstroError('input-empty', `${task}: ${what} expected, got an empty one.`)
}

/** @throws OstroError `unsupported` for a model that tells no probabilities of given texts */
export function checkScores(task: string, model: LanguageModel): void {
  if (model.can.score) return
  const message = `${task}: a model that tells how probable a text is expected, ${model.id} does not. Use a local model.`
  throw new OstroError('unsupported', message, { model: model.id })
}

function outcomeOf<T>(task: string, result: RunResult<T> | undefined): T & TaskEnd {
  if (result?.best !== undefined) {
    const { best, spent, reason, warnings } = result
    return { ...best, spent, reason, warnings }
  }
  const reason = result?.reason ?? 'failed'
  if (reason === 'cancelled') throw new OstroError('aborted', `${task}: the signal fired.`)
  const message = `${task}: ended by ${reason} before there was a result. Give it a larger budget.`
  throw new OstroError('budget-reached', message, { reason, unit: reason.replace(/^budget-/, '') })
}

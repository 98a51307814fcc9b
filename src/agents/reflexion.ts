/**
 * Reflexion (Shinn et al. 2023, arXiv 2303.11366): try, have the attempt judged, say in words why it failed, and try again with what was
 * learnt. Lessons are kept by task, also for later runs. What the evaluator says must come from outside: from tests, a rule, a check.
 */
import type { LanguageModel } from '../tools/language-model.ts'
import type { Run, RunOptions } from '../tools/steps/run.ts'
import { startRun } from '../tools/steps/run.ts'
import type { RunEndReason, RunEvent } from '../tools/steps/run-event.ts'
import type { SentenceEncoder } from '../tools/steps/step.ts'
import type { Verdict, Verifier } from '../tools/steps/verifier.ts'
import { isProof } from '../tools/steps/verifier.ts'
import { OstroError } from '../util/error.ts'
import type { JsonValue } from '../util/json.ts'
import { checkCount } from './check-count.ts'
import { type Actor, type Lessons, writeAnswer } from './reflexion/actor.ts'
import { judgeOf } from './reflexion/evaluators.ts'
import { createMemory, lessonsOf, type MemoryMode } from './reflexion/memory.ts'
import type { Memory, TrialRecord } from '../tools/steps/trial-memory.ts'
import { isRepeated, reflect } from './reflexion/reflect.ts'
import { warnUnverified } from './warn-unverified.ts'

/** A verifier, or what makes one inside the run, so that what that costs is counted: self-written tests, a judge. */
export type Evaluator<C> = Verifier<C> | ((run: Run<C>) => Promise<Verifier<C>> | Verifier<C>)

export interface ReflexionOptions<C> extends RunOptions {
  /** Default: the model as its own judge, with a warning. */
  readonly evaluator?: Evaluator<C> | undefined
  /** Makes an attempt. Default: the model answers, and its text, trimmed, is the candidate. */
  readonly actor?: Actor<C> | undefined
  /** Attempts at most. Default 3. */
  readonly trials?: number | undefined
  /** What an attempt sees of those before. Default `reflexion`. */
  readonly memoryMode?: MemoryMode | undefined
  /** Where trials are kept. Default: for this run only. */
  readonly memory?: Memory | undefined
  /** Under what name: runs with the same key learn from each other. Default: the task itself. */
  readonly taskKey?: string | undefined
  /** Reflections that an attempt sees at most, the last ones. Default 3; for code 1 does as well. */
  readonly window?: number | undefined
  /** A name for this run: where the memory holds trials of it, the run goes on after them. Default: it starts anew. */
  readonly runId?: string | undefined
  /** Tells reflections that say the same. Default: by the words that they share. */
  readonly encoder?: SentenceEncoder | undefined
  /** Writes the reflections. Default: the model itself. */
  readonly reflector?: LanguageModel | undefined
  /** Of each answer. Default 1024. */
  readonly maxTokens?: number | undefined
  /** Of attempts. Default 0.7. */
  readonly temperature?: number | undefined
}

/**
 * Attempts a task until the evaluator is content, with a reflection on every failure; the best attempt is the result. After each trial
 * it is kept in the memory, in one commit: a run with the same `runId` and the same seed goes on from there as if nothing had happened.
 * Candidates are kept as JSON.
 *
 * @throws OstroError `input-empty`, `invalid-argument`; `store-unavailable` from the memory; what the models and the actor throw
 * @example
 * const { best } = await resultOf(reflexion(model, 'Name a month with 28 letters.', { evaluator }))
 */
export function reflexion<C = string>(
  model: LanguageModel,
  task: string,
  options: ReflexionOptions<C> = {},
): AsyncGenerator<RunEvent<C>, void, void> {
  const {
    trials = 3,
    memoryMode = 'reflexion',
    taskKey = task,
    window = 3,
    runId,
    encoder,
    reflector = model,
  } = options
  const { maxTokens = 1024, temperature = 0.7, memory = createMemory() } = options
  const actor = options.actor ?? (writeAnswer as unknown as Actor<C>)
  checkOptions(task, { trials, window, maxTokens })
  const reflects = memoryMode === 'reflexion' || memoryMode === 'both'
  return startRun<C>('reflexion', options, async (run) => {
    const verifier = await evaluatorFor(run, model, task, options.evaluator)
    warnUnverified(run, verifier)
    const records: TrialRecord[] = [...(await memory.recall(taskKey, { signal: run.signal }))]
    const done = runId === undefined ? [] : records.filter((record) => record.runId === runId)
    const replayed = replay(run, done)
    if (replayed !== undefined) return replayed
    const mostTrials = Math.min(trials, run.ledger.budget.rounds ?? Infinity)
    for (let trial = done.length; trial < mostTrials; trial++) {
      run.emit({ type: 'round-start', round: trial })
      const lessons: Lessons = lessonsOf(records, memoryMode, window)
      run.emit({ type: 'memory-read', reflections: lessons.reflections })
      const attempt = await actor(run, { model, task, lessons, trial, maxTokens, temperature })
      const index = run.propose(attempt.candidate)
      const verdict = await run.verify(verifier, attempt.candidate, index)
      const isLast = verdict.passed || (trial + 1 === mostTrials && options.memory === undefined)
      const reflection = reflects && !isLast ? await lessonFrom(attempt.trajectory, trial, verdict, lessons) : undefined
      const record: TrialRecord = {
        taskKey,
        runId,
        trial,
        candidate: JSON.parse(JSON.stringify(attempt.candidate)) as JsonValue,
        trajectory: attempt.trajectory,
        verdict,
        proof: isProof(verifier),
        reflection,
      }
      await memory.store(record, { signal: run.signal })
      records.push(record)
      if (verdict.passed) return 'passed'
    }
    return mostTrials === trials ? 'exhausted' : 'budget-rounds'

    async function lessonFrom(trajectory: string, trial: number, verdict: Verdict, { reflections }: Lessons) {
      const failure = { task, trajectory, feedback: verdict.feedback, reflections }
      const text = await reflect(run, reflector, failure, trial)
      if (text === '' || (await isRepeated(text, reflections, encoder, run.signal))) return undefined
      run.emit({ type: 'reflection-add', text })
      return text
    }
  })
}

/** Tells again what a run before did; its end where it had come to one. */
function replay<C>(run: Run<C>, done: readonly TrialRecord[]): RunEndReason | undefined {
  for (const { candidate, verdict, proof, reflection, trial } of done) {
    run.emit({ type: 'round-start', round: trial })
    run.judge(candidate as C, run.propose(candidate as C), verdict, proof)
    if (reflection !== undefined) run.emit({ type: 'reflection-add', text: reflection })
  }
  return done.at(-1)?.verdict.passed === true ? 'passed' : undefined
}

async function evaluatorFor<C>(
  run: Run<C>,
  model: LanguageModel,
  task: string,
  evaluator: Evaluator<C> | undefined,
): Promise<Verifier<C>> {
  const chosen = evaluator ?? judgeOf<C>(model, task)
  return typeof chosen === 'function' ? chosen(run) : chosen
}

function checkOptions(task: string, counts: Readonly<Record<string, number>>): void {
  if (task.trim() === '') throw new OstroError('input-empty', 'reflexion: a task expected, got an empty one.')
  for (const [option, value] of Object.entries(counts)) checkCount('reflexion', option, value)
}

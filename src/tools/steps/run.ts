/**
 * A run of an agent or a task: an async function that asks models and verifiers, watched as a stream of events. The run keeps the best
 * candidate, the budget and the deadline; leaving the stream cancels it.
 */
import { OstroError } from '../../util/error.ts'
import { createRandom, deriveSeed } from '../../util/random.ts'
import type { ChatOptions, EndEvent, TextDeltaEvent, ToolCallEvent } from '../chat-model.ts'
import type { LanguageModel, Prompt } from '../language-model.ts'
import type { ContinuationScore } from '../scoring-model.ts'
import { type Budget, createLedger, type Ledger } from './budget.ts'
import { createEventQueue } from './event-queue.ts'
import type { RunEndReason, RunEvent, RunResult, RunWarning } from './run-event.ts'
import { isProof, type Verdict, type Verifier } from './verifier.ts'

export interface RunOptions {
  readonly budget?: Budget | undefined
  /** The same seed on the same model gives the same run. Default 0. */
  readonly seed?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** A clock in milliseconds, for budgets of time. Default: the process's. */
  readonly now?: (() => number) | undefined
  /** Of a run inside another: what it spends is cut from here. */
  readonly parent?: Ledger | undefined
}

export interface AskOptions extends Omit<ChatOptions, 'signal' | 'seed' | 'maxTokens'> {
  /** What the answer is for; told in `call-start`. */
  readonly purpose: string
  /** Most tokens of the answer; reserved before the call. */
  readonly maxTokens: number
  /** Steps from the run's seed to this call's: `[round, index]`. Calls that may differ need different paths. */
  readonly path: readonly (string | number)[]
  /** Told a call's arguments so far, as JSON text; true ends the answer there. */
  readonly enough?: ((callArguments: string) => boolean) | undefined
}

export interface Answer {
  readonly text: string
  readonly reasoning: string
  readonly calls: readonly ToolCallEvent[]
  /** The arguments of the call that `enough` ended. */
  readonly endedCall: string | undefined
  /** One entry per token, when `logprobs` was asked for. */
  readonly logprobs: NonNullable<TextDeltaEvent['logprobs']>
  readonly end: EndEvent
  /** The number of the call, as its events have it. */
  readonly call: number
}

export interface Run<C> {
  readonly seed: number
  readonly ledger: Ledger
  /** Fires when the run is cancelled, its time is over or it has ended. */
  readonly signal: AbortSignal
  readonly emit: (event: RunEvent<C>) => void
  readonly warn: (code: string, message: string) => void
  /** One answer. @throws OstroError `budget-reached`, `aborted`, what the model throws */
  readonly ask: (model: LanguageModel, prompt: Prompt, options: AskOptions) => Promise<Answer>
  /** As `scoreContinuations`; the prompt is counted once for all of them, and as computed. */
  readonly score: (
    model: LanguageModel,
    prompt: Prompt,
    continuations: readonly string[],
  ) => Promise<ContinuationScore[]>
  /** Adds a candidate; its index. */
  readonly propose: (candidate: C) => number
  /** Has a candidate judged; the run keeps the best. */
  readonly verify: (verifier: Verifier<C>, candidate: C, index: number) => Promise<Verdict>
  /** Judges a candidate by a verdict that was come to elsewhere; `proof` where it was no model's opinion. */
  readonly judge: (candidate: C, index: number, verdict: Verdict, proof: boolean) => void
  /** Overrides what is best, for agents that order candidates by more than verdicts. */
  readonly keep: (candidate: C, verdict: Verdict | undefined, proof: boolean) => void
  readonly best: () => { readonly candidate: C; readonly verdict: Verdict | undefined } | undefined
}

interface Best<C> {
  readonly candidate: C
  readonly verdict: Verdict | undefined
  readonly proof: boolean
}

/**
 * Runs `body` and streams its events; the last one is `run-end`. Reaching the budget or the signal ends the run with what is best so
 * far. An error ends it with reason `failed`, then it is thrown.
 *
 * @throws OstroError `invalid-argument` for a budget or a seed out of range
 */
export async function* startRun<C>(
  name: string,
  options: RunOptions,
  body: (run: Run<C>) => Promise<RunEndReason>,
): AsyncGenerator<RunEvent<C>, void, void> {
  const { budget = {}, seed = 0, signal: outside, now = () => performance.now(), parent } = options
  createRandom(checkSeed(seed))
  const ledger = createLedger(budget, now, parent)
  const inside = new AbortController()
  const deadline = startDeadline(budget.wallMs, inside)
  const cancel = (): void => inside.abort(outside?.reason)
  if (outside?.aborted === true) cancel()
  outside?.addEventListener('abort', cancel, { once: true })
  const queue = createEventQueue<RunEvent<C>>()
  const { run, result, callsEnded } = createRun<C>({ seed, ledger, signal: inside.signal, emit: queue.push })
  const finish = async (): Promise<void> => {
    let reason: RunEndReason
    let failure: { readonly error: unknown } | undefined
    try {
      inside.signal.throwIfAborted()
      reason = await body(run)
    } catch (error) {
      const ended = endOf(error, { deadline: deadline.passed(), cancelled: inside.signal.aborted })
      if (ended === undefined) failure = { error }
      reason = ended ?? 'failed'
    }
    // Calls that nobody waits for any more cost tokens too: the result counts them.
    inside.abort(new OstroError('aborted', `${name}: the run has ended.`))
    await callsEnded()
    queue.push({ type: 'run-end', result: result(reason) })
    queue.close(failure)
  }
  queue.push({ type: 'run-start', name, seed })
  const finished = finish()
  try {
    yield* queue.events()
  } finally {
    inside.abort(new OstroError('aborted', `${name}: the run was left.`))
    deadline.stop()
    outside?.removeEventListener('abort', cancel)
    await finished
  }
}

/** Reads a run to its end. @throws what ended the run with `failed` */
export async function resultOf<C>(events: AsyncIterable<RunEvent<C>>): Promise<RunResult<C>> {
  let result: RunResult<C> | undefined
  for await (const event of events) if (event.type === 'run-end') result = event.result
  if (result !== undefined) return result
  throw new OstroError('invalid-argument', 'resultOf: the events of a whole run expected; these have no run-end.')
}

interface RunParts<C> {
  readonly seed: number
  readonly ledger: Ledger
  readonly signal: AbortSignal
  readonly emit: (event: RunEvent<C>) => void
}

function createRun<C>({ seed, ledger, signal, emit }: RunParts<C>) {
  const warnings: RunWarning[] = []
  let best: Best<C> | undefined
  let calls = 0
  let candidates = 0
  const judge: Run<C>['judge'] = (candidate, index, verdict, proof) => {
    emit({ type: 'verdict-add', index, verdict })
    if (best === undefined || isBetter(verdict, best.verdict)) best = { candidate, verdict, proof }
  }
  const open = new Set<Promise<Answer>>()
  const ask: Run<C>['ask'] = async (model, prompt, { purpose, path, ...options }) => {
    const promptTokens = await model.countTokens(prompt, { tools: options.tools, format: options.format })
    signal.throwIfAborted()
    const reservation = ledger.reserve(promptTokens + options.maxTokens)
    const call = calls++
    emit({ type: 'call-start', call, purpose, model: model.id })
    try {
      const answer = await readAnswer(
        model,
        prompt,
        { ...options, signal, seed: deriveSeed(seed, ...path) },
        call,
        emit,
      )
      reservation.settle(answer.end.usage)
      const cancelled = signal.aborted || answer.endedCall === undefined
      if (answer.end.reason === 'aborted' && cancelled)
        throw new OstroError('aborted', `run: call ${call} was cancelled.`)
      emit({ type: 'budget-update', spent: ledger.spent() })
      return answer
    } finally {
      reservation.settle(undefined)
    }
  }
  const run: Run<C> = {
    seed,
    ledger,
    signal,
    emit,
    warn: (code, message) => {
      warnings.push({ code, message })
      emit({ type: 'warning-add', warning: { code, message } })
    },
    ask: (model, prompt, options) => {
      const answer = ask(model, prompt, options)
      open.add(answer)
      const close = (): void => void open.delete(answer)
      answer.then(close, close)
      return answer
    },
    score: async (model, prompt, continuations) => {
      const promptTokens = await model.countTokens(prompt)
      signal.throwIfAborted()
      // A token has at least one byte; a character at most three.
      const bound = continuations.reduce((sum, { length }) => sum + 3 * length, promptTokens)
      const reservation = ledger.reserve(bound)
      try {
        const scores = await model.scoreContinuations(prompt, continuations, { signal })
        const tokens = scores.reduce((sum, score) => sum + score.tokens, 0)
        reservation.settle({ promptTokens: promptTokens + tokens, cachedTokens: 0, generatedTokens: 0 })
        return scores
      } finally {
        reservation.settle(undefined)
      }
    },
    propose: (candidate) => {
      emit({ type: 'candidate-add', index: candidates, candidate })
      best ??= { candidate, verdict: undefined, proof: false }
      return candidates++
    },
    verify: async (verifier, candidate, index) => {
      const verdict = checkVerdict(await verifier.verify(candidate, { signal }))
      judge(candidate, index, verdict, isProof(verifier))
      return verdict
    },
    judge,
    keep: (candidate, verdict, proof) => {
      best = { candidate, verdict, proof }
    },
    best: () => best,
  }
  const result = (reason: RunEndReason): RunResult<C> => ({
    best: best?.candidate,
    verdict: best?.verdict,
    verified: best?.proof ?? false,
    reason,
    spent: ledger.spent(),
    warnings,
  })
  const callsEnded = () => Promise.allSettled(open)
  return { run, result, callsEnded }
}

/** By passed, then score; of equals the earlier stays. */
export function isBetter(verdict: Verdict, than: Verdict | undefined): boolean {
  if (than === undefined) return true
  if (verdict.passed !== than.passed) return verdict.passed
  return verdict.score > than.score
}

async function readAnswer<C>(
  model: LanguageModel,
  prompt: Prompt,
  options: ChatOptions & Pick<AskOptions, 'enough'>,
  call: number,
  emit: (event: RunEvent<C>) => void,
): Promise<Answer> {
  const {
    tools,
    toolChoice,
    parallelToolCalls,
    maxToolCalls,
    callThreshold,
    toolFormat,
    templateVariables,
    ...others
  } = options
  const { enough, signal, ...sampling } = others
  const stop = new AbortController()
  const plain = { ...sampling, signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]) }
  const chat = { tools, toolChoice, parallelToolCalls, maxToolCalls, callThreshold, toolFormat, templateVariables }
  const events = typeof prompt === 'string' ? model.stream(prompt, plain) : model.chat(prompt, { ...plain, ...chat })
  let text = ''
  let reasoning = ''
  let callArguments = ''
  let endedCall: string | undefined
  const toolCalls: ToolCallEvent[] = []
  const logprobs: Answer['logprobs'][number][] = []
  let end: EndEvent | undefined
  for await (const event of events) {
    emit({ ...event, call })
    if (event.type === 'text-delta') {
      text += event.text
      logprobs.push(...(event.logprobs ?? []))
    } else if (event.type === 'reasoning-delta') reasoning += event.text
    else if (event.type === 'tool-call-start') callArguments = ''
    else if (event.type === 'tool-call-delta') {
      callArguments += event.arguments
      if (endedCall !== undefined || enough?.(callArguments) !== true) continue
      endedCall = callArguments
      stop.abort()
    } else if (event.type === 'tool-call') toolCalls.push(event)
    else if (event.type === 'end') end = event
  }
  if (end !== undefined) return { text, reasoning, calls: toolCalls, endedCall, logprobs, end, call }
  throw new OstroError('device', `run: ${model.id} ended its stream without an end event.`)
}

function endOf(error: unknown, state: { deadline: boolean; cancelled: boolean }): RunEndReason | undefined {
  if (error instanceof OstroError && error.code === 'budget-reached') {
    return `budget-${error.fields['unit'] as keyof Budget}`
  }
  if (state.deadline) return 'budget-wallMs'
  return state.cancelled ? 'cancelled' : undefined
}

function startDeadline(wallMs: number | undefined, controller: AbortController) {
  let passed = false
  if (wallMs === undefined) return { passed: () => passed, stop: () => {} }
  const timer = setTimeout(() => {
    passed = true
    controller.abort(new OstroError('budget-reached', `budget: ${wallMs} ms are over.`, { unit: 'wallMs' }))
  }, wallMs)
  return { passed: () => passed, stop: () => clearTimeout(timer) }
}

function checkVerdict(verdict: Verdict): Verdict {
  if (verdict.score >= 0 && verdict.score <= 1) return verdict
  throw new OstroError('invalid-argument', `run: a verdict's score from 0 to 1 expected, got ${verdict.score}.`)
}

function checkSeed(seed: number): number {
  if (Number.isSafeInteger(seed) && seed >= 0) return seed
  throw new OstroError('invalid-argument', `run: a seed that is a whole number of at least 0 expected, got ${seed}.`)
}

/**
 * The loop of an agent with tools (ReAct, Yao et al. 2022, arXiv 2210.03629): the model calls, the calls of a turn run side by side, their
 * results go back to it, until it answers.
 */
import { type CallLimits, resultText, runCall, toolCallOf } from '../tools/loop.ts'
import type { ChatEvent, ChatMessage, ToolCallEvent } from '../tools/chat-model.ts'
import type { LanguageModel } from '../tools/language-model.ts'
import type { PreparedPrompt } from '../tools/steps/instruction.ts'
import { type Answer, type Run, type RunOptions, startRun } from '../tools/steps/run.ts'
import type { RunEndReason, RunEvent } from '../tools/steps/run-event.ts'
import type { Verifier } from '../tools/steps/verifier.ts'
import { definitionsOf, type Tool } from '../tools/tool.ts'
import { OstroError } from '../util/error.ts'
import { checkCount } from './check-count.ts'
import { questionPrompt } from './question-prompt.ts'
import { keepLongResults, type LongResults, readOnName } from './read-on.ts'
import { warnUnverified } from './warn-unverified.ts'

export interface AgentLoopOptions extends RunOptions {
  readonly tools?: readonly Tool[] | undefined
  readonly verifier?: Verifier<string> | undefined
  /** Turns of the model, `rounds` of a budget likewise; in the last one it has to answer. Default 10. */
  readonly maxSteps?: number | undefined
  /** Of each turn. Default 1024. */
  readonly maxTokens?: number | undefined
  /** Default 0. */
  readonly temperature?: number | undefined
  /** Asked before each call of a tool with `needsApproval`. Default: such calls are denied. */
  readonly approve?: CallLimits['approve']
  /** Time of one call in milliseconds, unless its tool says otherwise. Default 60,000. */
  readonly toolTimeoutMs?: number | undefined
  /** Tokens of a tool's result that the model reads at once; the tool `read_on` reads the rest. Default 4,000. */
  readonly resultTokens?: number | undefined
}

/** The same call with the same result so many times: the model goes round in circles. */
const stuckAfter = 3

/**
 * Asks, runs what is called and asks again. The candidate is the model's answer. When the steps or the tool calls of the budget are used
 * up, or the model is stuck, it is asked once more and has to answer from what it has.
 *
 * Results are data: nothing in them is read as a call. Calls are numbered `t1`, `t2`, ... through the run, in the order in which the model
 * wrote them. A tool that fails does not end the run: the model is told.
 *
 * @throws OstroError `input-empty`, `invalid-argument`; what the model throws
 * @example
 * const { best } = await resultOf(loop(model, 'What is the weather in Paris?', { tools: [getWeather] }))
 */
export function loop(
  model: LanguageModel,
  task: string | readonly ChatMessage[],
  options: AgentLoopOptions = {},
): AsyncGenerator<RunEvent<string>, void, void> {
  const { tools = [], verifier, maxSteps = 10, maxTokens = 1024, temperature = 0 } = options
  const { approve, toolTimeoutMs = 60_000, resultTokens = 4000 } = options
  checkCount('loop', 'maxSteps', maxSteps)
  checkCount('loop', 'toolTimeoutMs', toolTimeoutMs)
  checkCount('loop', 'resultTokens', resultTokens)
  checkTask(task)
  checkTools(tools)
  return startRun('loop', options, async (run) => {
    warnUnverified(run, verifier)
    const numbered = numberCalls(model)
    const start = typeof task === 'string' ? [{ role: 'user', content: task }] : task
    const added: ChatMessage[] = []
    let room = resultTokens
    const long = keepLongResults(model, () => room)
    const isStuck = countRepetitions()
    let ending: RunEndReason | undefined
    for (let step = 0; ; step++) {
      if (tools.length > 0 && step + 1 === maxSteps) ending ??= 'exhausted'
      if (tools.length > 0 && step + 1 === run.ledger.budget.rounds) ending ??= 'budget-rounds'
      const hands = long.any() ? [...tools, long.tool] : tools
      const prompt = hands.length === 0 ? plainPrompt(model, task) : { prompt: [...start, ...added], stop: [] }
      run.emit({ type: 'round-start', round: step })
      const answer = await run.ask(numbered, prompt.prompt, {
        purpose: 'step',
        path: [step],
        maxTokens,
        temperature,
        stop: prompt.stop,
        ...(hands.length > 0 && { tools: definitionsOf(hands), toolChoice: ending === undefined ? 'auto' : 'none' }),
      })
      if (answer.calls.length === 0 || ending !== undefined) return finish(run, answer.text.trim(), verifier, ending)

      const used = answer.end.usage.promptTokens + answer.end.usage.generatedTokens
      room = roomForResults(resultTokens, model.contextTokens - used - maxTokens, answer.calls.length)
      added.push(turnOf(answer))
      const results = await runCalls(
        run,
        answer,
        hands,
        { approve, timeoutMs: toolTimeoutMs, signal: run.signal },
        long,
      )
      for (const { call, text } of results) {
        added.push({ role: 'tool', tool_call_id: messageId(call.id), name: call.name, content: text })
        if (isStuck(call, text)) ending = 'stuck'
      }
      if (results.some(({ state }) => state === 'skipped')) ending = 'budget-toolCalls'
    }
  })
}

async function finish(
  run: Run<string>,
  text: string,
  verifier: Verifier<string> | undefined,
  ending: RunEndReason | undefined,
): Promise<RunEndReason> {
  if (text === '') {
    run.warn('no-candidate', 'The model has ended its turn without a word.')
    return ending ?? 'exhausted'
  }
  const index = run.propose(text)
  if (verifier === undefined) return ending ?? 'answered'
  const { passed } = await run.verify(verifier, text, index)
  return passed ? 'passed' : (ending ?? 'exhausted')
}

interface CallResult {
  readonly call: ToolCallEvent
  /** What the model reads. */
  readonly text: string
  readonly state: 'done' | 'failed' | 'skipped'
}

/** All calls of a turn at once; results, and their events, in the order of the calls. */
async function runCalls(
  run: Run<string>,
  { calls, call: turn }: Answer,
  tools: readonly Tool[],
  limits: CallLimits,
  long: LongResults,
): Promise<CallResult[]> {
  const payable = calls.slice(0, run.ledger.left('toolCalls'))
  run.ledger.take('toolCalls', payable.length)
  const running = calls.map(async (call, at): Promise<CallResult> => {
    if (at >= payable.length) return { call, text: errorText('not run: no tool calls are left'), state: 'skipped' }
    const tool = tools.find((each) => each.function.name === call.name)
    if (tool === undefined) {
      const names = tools.map((each) => each.function.name).join(', ')
      return { call, text: errorText(`no tool of that name; there are: ${names}`), state: 'failed' }
    }
    const result = await runCall(call, tool, limits)
    const whole = resultText(result)
    const text = call.name === readOnName ? whole : await long.shorten(call.id, whole)
    return { call, text, state: result.error === undefined ? 'done' : 'failed' }
  })
  const results: CallResult[] = []
  for (const task of running) {
    const result = await task
    const { id, name } = result.call
    run.emit({ type: 'tool-result', call: turn, id, name, result: result.text, failed: result.state !== 'done' })
    results.push(result)
  }
  run.signal.throwIfAborted()
  return results
}

const errorText = (error: string): string => JSON.stringify({ error })

/** A share of the context for each result, so that what a tool says does not end the conversation; 32 tokens at least. */
function roomForResults(resultTokens: number, free: number, calls: number): number {
  const marks = 64
  return Math.min(resultTokens, Math.max(32, Math.floor(free / calls) - marks))
}

/** Whether a call with its result has come up too often, its id aside. */
function countRepetitions(): (call: ToolCallEvent, result: string) => boolean {
  const seen = new Map<string, number>()
  return (call, result) => {
    const key = JSON.stringify([call.name, call.arguments, result.replaceAll(call.id, '')])
    const times = (seen.get(key) ?? 0) + 1
    seen.set(key, times)
    return times >= stuckAfter
  }
}

function turnOf({ text, reasoning, calls }: Answer): ChatMessage {
  return {
    role: 'assistant',
    content: text === '' ? null : text,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    tool_calls: calls.map((call) => toolCallOf({ ...call, id: messageId(call.id) })),
  }
}

/** `t1` as messages have it: one family's templates take ids of nine letters and digits and no other. */
const messageId = (id: string): string => `t${id.slice(1).padStart(8, '0')}`

/** The model with its calls numbered through the conversation: ids of servers and engines are random. */
function numberCalls(model: LanguageModel): LanguageModel {
  let before = 0
  const idOf = (index: number, first: number): string => `t${first + index + 1}`
  async function* chat(...args: Parameters<LanguageModel['chat']>): AsyncGenerator<ChatEvent> {
    const first = before
    for await (const event of model.chat(...args)) {
      if (event.type === 'tool-call') before = Math.max(before, first + event.index + 1)
      const isCall = event.type === 'tool-call' || event.type === 'tool-call-start'
      yield isCall ? { ...event, id: idOf(event.index, first) } : event
    }
  }
  return {
    id: model.id,
    contextTokens: model.contextTokens,
    slots: model.slots,
    can: model.can,
    chat,
    stream: (...args) => model.stream(...args),
    scoreContinuations: (...args) => model.scoreContinuations(...args),
    countTokens: (...args) => model.countTokens(...args),
  }
}

/** Without tools nothing is added to what the task says. */
const plainPrompt = (model: LanguageModel, task: string | readonly ChatMessage[]): PreparedPrompt =>
  typeof task === 'string' ? questionPrompt(model, task) : { prompt: task, stop: [] }

function checkTask(task: string | readonly ChatMessage[]): void {
  const isEmpty = typeof task === 'string' ? task.trim() === '' : task.length === 0
  if (isEmpty) throw new OstroError('input-empty', 'loop: a task expected, got an empty one.')
}

function checkTools(tools: readonly Tool[]): void {
  const names = new Set<string>()
  for (const { run, function: definition } of tools) {
    const { name } = definition
    const problem =
      typeof run !== 'function'
        ? 'a tool made by tool(), with a function that runs it, expected'
        : name === readOnName
          ? 'a name that the loop does not use itself expected'
          : names.has(name)
            ? 'a name of its own for each tool expected'
            : undefined
    if (problem !== undefined) throw new OstroError('invalid-argument', `loop: ${problem}, got ${name}.`, { name })
    names.add(name)
  }
}

/**
 * The loop of an assistant: the model answers or calls, calls run side by side, their results go back, until it answers. Works with
 * anything that implements `ChatModel`.
 */
import { validateStandard } from '../constrain/standard-schema.ts'
import { OstroError } from '../util/error.ts'
import type { EndReason, Usage } from '../util/generation.ts'
import type {
  ChatEvent,
  ChatMessage,
  ChatModel,
  ChatOptions,
  EndEvent,
  ToolCallEvent,
  ToolDefinition,
} from './chat-model.ts'
import { type Approval, definitionsOf, isRunnable, type Tool } from './tool.ts'

export interface LoopOptions extends ChatOptions {
  readonly tools: readonly ToolDefinition[]
  /** Most turns of the model. Calls of the last one are not run. Default 8. */
  readonly maxSteps?: number | undefined
  /** Asked before each call of a tool with `needsApproval`. Default: such calls are denied. */
  readonly approve?: ((call: ToolCallEvent) => Approval | Promise<Approval>) | undefined
  /** Time of one call in milliseconds, unless its tool says otherwise. Default 60,000. */
  readonly toolTimeoutMs?: number | undefined
}

/** What a call came to; `error` where it failed, was denied or took too long. The model is told either way. */
export interface ToolResultEvent {
  readonly type: 'tool-result'
  readonly index: number
  readonly id: string
  readonly name: string
  /** What `run` answered. */
  readonly output?: unknown
  readonly error?: string
}

/** One turn of the model is over and its calls have run; another follows. */
export interface StepEndEvent {
  readonly type: 'step-end'
  /** From 0. */
  readonly step: number
  readonly reason: EndReason
  readonly usage: Usage
}

/** The last event: usage of all steps together. */
export interface LoopEndEvent extends EndEvent {
  readonly steps: number
  /** What the loop added to the conversation: the model's turns and the results. */
  readonly messages: readonly ChatMessage[]
}

export type LoopEvent = Exclude<ChatEvent, EndEvent> | ToolResultEvent | StepEndEvent | LoopEndEvent

const defaultMaxSteps = 8
const defaultTimeoutMs = 60_000

/**
 * Streams the events of all steps. A tool without `run` is the caller's to answer: its call ends the loop with reason `tool-calls`. A
 * `toolChoice` that forces a call holds for the first step only; afterwards the model decides, or it could never answer.
 *
 * @throws OstroError `invalid-argument` for limits out of range; what the model throws. A tool that throws does not end the loop.
 */
export async function* runToolLoop(
  model: ChatModel,
  messages: readonly ChatMessage[],
  options: LoopOptions,
): AsyncGenerator<LoopEvent> {
  const { tools, maxSteps, approve, toolTimeoutMs, ...chatOptions } = options
  const limits = {
    steps: checkLimit('maxSteps', maxSteps ?? defaultMaxSteps),
    timeoutMs: checkLimit('toolTimeoutMs', toolTimeoutMs ?? defaultTimeoutMs),
  }
  const definitions = definitionsOf(tools)
  const byName = new Map(tools.map((tool) => [tool.function.name, tool]))
  const added: ChatMessage[] = []
  const total = { promptTokens: 0, cachedTokens: 0, generatedTokens: 0 }
  for (let step = 0; ; step++) {
    const toolChoice = step === 0 ? chatOptions.toolChoice : unforced(chatOptions.toolChoice)
    const turn = startTurn()
    for await (const event of model.chat([...messages, ...added], { ...chatOptions, tools: definitions, toolChoice })) {
      turn.read(event)
      if (event.type !== 'end') yield event
    }
    const end = turn.end()
    addUsage(total, end.usage)
    added.push(turn.message())
    const calls = turn.calls.map((call) => ({ call, tool: byName.get(call.name) }))
    const runnable = calls.every(({ tool }) => tool !== undefined && isRunnable(tool))
    if (end.reason !== 'tool-calls' || !runnable || step + 1 === limits.steps) {
      yield { ...end, usage: total, steps: step + 1, messages: added }
      return
    }
    const run = ({ call, tool }: (typeof calls)[number]) =>
      runCall(call, tool as Tool, { approve, timeoutMs: limits.timeoutMs, signal: chatOptions.signal })
    const results: ToolResultEvent[] = []
    for await (const result of asTheyFinish(calls.map(run))) {
      results.push(result)
      yield result
    }
    results.sort((a, b) => a.index - b.index)
    added.push(...results.map(resultMessage))
    yield { type: 'step-end', step, reason: end.reason, usage: end.usage }
    if (chatOptions.signal?.aborted === true) {
      yield { ...end, reason: 'aborted', usage: total, steps: step + 1, messages: added }
      return
    }
  }
}

const unforced = (choice: ChatOptions['toolChoice']): ChatOptions['toolChoice'] => {
  if (choice === 'required' || (typeof choice === 'object' && 'name' in choice)) return 'auto'
  return typeof choice === 'object' ? { ...choice, mode: 'auto' } : choice
}

/** Collects what a turn says, so that it can be said again to the model. */
function startTurn() {
  const calls: ToolCallEvent[] = []
  let text = ''
  let reasoning = ''
  let end: EndEvent | undefined
  return {
    calls,
    read: (event: ChatEvent): void => {
      if (event.type === 'text-delta') text += event.text
      else if (event.type === 'reasoning-delta') reasoning += event.text
      else if (event.type === 'tool-call') calls.push(event)
      else if (event.type === 'end') end = event
    },
    end: (): EndEvent => {
      if (end !== undefined) return end
      throw new OstroError('device', 'tools: the model ended its stream without an end event.')
    },
    message: (): ChatMessage => ({
      role: 'assistant',
      content: text === '' && calls.length > 0 ? null : text,
      ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
      ...(calls.length === 0 ? {} : { tool_calls: calls.map(toolCallOf) }),
    }),
  }
}

/** A call as a message of its conversation holds it. */
export const toolCallOf = (call: ToolCallEvent) => ({
  id: call.id,
  type: 'function' as const,
  function: { name: call.name, arguments: call.arguments },
})

export interface CallLimits {
  readonly approve: LoopOptions['approve']
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** Runs one call of a tool. Never rejects: what goes wrong is a result too. */
export async function runCall(call: ToolCallEvent, tool: Tool, limits: CallLimits): Promise<ToolResultEvent> {
  const { index, id, name } = call
  const timeoutMs = tool.timeoutMs ?? limits.timeoutMs
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = limits.signal === undefined ? timeout : AbortSignal.any([limits.signal, timeout])
  try {
    const parsed: unknown = JSON.parse(call.arguments)
    const input = tool.schema === undefined ? parsed : await validateStandard(tool.schema, parsed)
    if (tool.needsApproval === true) {
      const approval = (await limits.approve?.(call)) ?? { denied: 'nobody is there to approve it' }
      if (approval !== true) {
        const reason = approval === false ? 'denied' : `denied: ${approval.denied}`
        return { type: 'tool-result', index, id, name, error: reason }
      }
    }
    const output = await until(signal, async () => tool.run(input as never, { callId: id, signal }))
    return { type: 'tool-result', index, id, name, output }
  } catch (error) {
    const late = timeout.aborted && limits.signal?.aborted !== true
    const message = error instanceof Error ? error.message : String(error)
    return { type: 'tool-result', index, id, name, error: late ? `no answer within ${timeoutMs} ms` : message }
  }
}

/** The task's result, or the signal's reason as soon as it fires, whether or not the task minds it. */
function until<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)))
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    task()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop))
  })
}

async function* asTheyFinish<T>(tasks: readonly Promise<T>[]): AsyncGenerator<T> {
  const waiting = new Map(tasks.map((task, index) => [index, task.then((value) => ({ index, value }))]))
  while (waiting.size > 0) {
    const { index, value } = await Promise.race(waiting.values())
    waiting.delete(index)
    yield value
  }
}

function resultMessage(result: ToolResultEvent): ChatMessage {
  return { role: 'tool', tool_call_id: result.id, name: result.name, content: resultText(result) }
}

/** What the model is told of a result. */
export function resultText({ output, error }: ToolResultEvent): string {
  return error === undefined ? textOf(output) : JSON.stringify({ error })
}

const textOf = (output: unknown): string => (typeof output === 'string' ? output : (JSON.stringify(output) ?? 'null'))

function addUsage(total: { -readonly [K in keyof Usage]: Usage[K] }, usage: Usage): void {
  total.promptTokens += usage.promptTokens
  total.cachedTokens += usage.cachedTokens
  total.generatedTokens += usage.generatedTokens
}

function checkLimit(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value
  throw new OstroError(
    'invalid-argument',
    `tools: ${name} must be a whole number of at least 1, got ${String(value)}.`,
    {
      option: name,
      value,
    },
  )
}

/** How an answer grows from the server's events. Pure; time is an argument. */
import type { AnswerEvent } from '../api/stream-chat.ts'
import type { Failure } from '../api/error.ts'
import type { AssistantMessage, ToolCall } from './conversation.ts'

export function emptyAnswer(model: string): AssistantMessage {
  return {
    role: 'assistant',
    model,
    text: '',
    reasoning: '',
    toolCalls: [],
    status: 'streaming',
    finishReason: undefined,
    usage: undefined,
    timings: undefined,
    failure: undefined,
  }
}

/** @param elapsedMs Since the request was sent. */
export function growAnswer(answer: AssistantMessage, event: AnswerEvent, elapsedMs: number): AssistantMessage {
  switch (event.type) {
    case 'text-delta':
      return { ...timed(answer, elapsedMs, answer.text === ''), text: answer.text + event.text }
    case 'reasoning-delta':
      return { ...timed(answer, elapsedMs, false), reasoning: answer.reasoning + event.text }
    case 'tool-call-start': {
      const call: ToolCall = { id: event.id, name: event.name, arguments: '', result: undefined }
      return { ...timed(answer, elapsedMs, false), toolCalls: [...answer.toolCalls, call] }
    }
    case 'tool-call-delta':
      return {
        ...timed(answer, elapsedMs, false),
        toolCalls: extendCall(answer.toolCalls, event.index, event.arguments),
      }
    case 'usage':
      return { ...answer, usage: event.usage }
    case 'end':
      return { ...timed(answer, elapsedMs, false), status: 'done', finishReason: event.reason }
    default:
      return event satisfies never
  }
}

export function stopAnswer(answer: AssistantMessage): AssistantMessage {
  // What was cut off inside a call cannot be run.
  const toolCalls = answer.toolCalls.filter((call) => isComplete(call.arguments))
  return { ...answer, toolCalls, status: 'stopped', finishReason: 'stopped' }
}

export function failAnswer(answer: AssistantMessage, failure: Failure): AssistantMessage {
  return {
    ...answer,
    toolCalls: answer.toolCalls.filter((call) => isComplete(call.arguments)),
    status: 'failed',
    failure,
  }
}

export function setResult(answer: AssistantMessage, callId: string, result: string): AssistantMessage {
  return { ...answer, toolCalls: answer.toolCalls.map((call) => (call.id === callId ? { ...call, result } : call)) }
}

/** Below this time an answer has come in one piece, and its speed is not known. */
const leastSeconds = 0.03

/** Tokens a second after the first one; undefined before there is anything to divide. */
export function tokensPerSecond({ usage, timings }: AssistantMessage): number | undefined {
  if (!usage || !timings || usage.generatedTokens < 2) return undefined
  const seconds = (timings.totalMs - timings.firstTokenMs) / 1000
  return seconds > leastSeconds ? (usage.generatedTokens - 1) / seconds : undefined
}

function timed(answer: AssistantMessage, elapsedMs: number, textStarts: boolean): AssistantMessage {
  const firstTokenMs = answer.timings?.firstTokenMs ?? elapsedMs
  const thought = textStarts && answer.reasoning !== ''
  const reasoningMs = answer.timings?.reasoningMs ?? (thought ? elapsedMs - firstTokenMs : undefined)
  return { ...answer, timings: { firstTokenMs, totalMs: elapsedMs, reasoningMs } }
}

function extendCall(calls: readonly ToolCall[], index: number, piece: string): readonly ToolCall[] {
  return calls.map((call, i) => (i === index ? { ...call, arguments: call.arguments + piece } : call))
}

function isComplete(json: string): boolean {
  try {
    JSON.parse(json)
    return true
  } catch {
    // Cut off in the middle: exactly what is asked here.
    return false
  }
}

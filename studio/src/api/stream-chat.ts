/** `/v1/chat/completions` as a stream of what changes in an answer. */
import { streamJson } from './event-stream.ts'

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: string | null
  readonly tool_calls?: readonly WireToolCall[]
  readonly tool_call_id?: string
}

export interface WireToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

export interface FunctionTool {
  readonly type: 'function'
  readonly function: { readonly name: string; readonly description?: string; readonly parameters: unknown }
}

/** The body of the request, without the fields that streaming sets. */
export interface ChatRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly temperature?: number
  readonly top_p?: number
  readonly max_completion_tokens?: number
  readonly seed?: number
  readonly response_format?: unknown
  readonly tools?: readonly FunctionTool[]
  readonly tool_choice?: unknown
  readonly parallel_tool_calls?: boolean
}

export interface Usage {
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly generatedTokens: number
}

export type AnswerEvent =
  | { readonly type: 'text-delta'; readonly text: string }
  | { readonly type: 'reasoning-delta'; readonly text: string }
  | { readonly type: 'tool-call-start'; readonly index: number; readonly id: string; readonly name: string }
  | { readonly type: 'tool-call-delta'; readonly index: number; readonly arguments: string }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'end'; readonly reason: string }

export interface WireUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly prompt_tokens_details?: { readonly cached_tokens?: number }
}

interface ChatChunk {
  readonly choices: readonly {
    readonly delta?: {
      readonly content?: string | null
      readonly reasoning_content?: string | null
      readonly reasoning?: string | null
      readonly tool_calls?: readonly {
        readonly index: number
        readonly id?: string
        readonly function?: { readonly name?: string; readonly arguments?: string }
      }[]
    }
    readonly finish_reason?: string | null
  }[]
  readonly usage?: WireUsage | null
}

/** @throws {ApiError} */
export async function* streamChat(chat: ChatRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const body = { ...chat, stream: true, stream_options: { include_usage: true } }
  for await (const chunk of streamJson<ChatChunk>('/v1/chat/completions', body, signal)) yield* eventsOf(chunk)
}

/** Exported for tests. */
export function* eventsOf(chunk: ChatChunk): Generator<AnswerEvent> {
  const choice = chunk.choices[0]
  const reasoning = choice?.delta?.reasoning_content ?? choice?.delta?.reasoning
  if (reasoning) yield { type: 'reasoning-delta', text: reasoning }
  if (choice?.delta?.content) yield { type: 'text-delta', text: choice.delta.content }
  for (const { index, id, function: called } of choice?.delta?.tool_calls ?? []) {
    if (called?.name) yield { type: 'tool-call-start', index, id: id ?? `call-${index}`, name: called.name }
    if (called?.arguments) yield { type: 'tool-call-delta', index, arguments: called.arguments }
  }
  if (choice?.finish_reason) yield { type: 'end', reason: choice.finish_reason }
  if (chunk.usage) yield { type: 'usage', usage: usageOf(chunk.usage) }
}

export function usageOf(usage: WireUsage): Usage {
  return {
    promptTokens: usage.prompt_tokens,
    cachedTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
    generatedTokens: usage.completion_tokens,
  }
}

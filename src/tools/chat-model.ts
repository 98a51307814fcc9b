/**
 * The interface that everything above the engine sees: messages in, events out. A local model implements it, a remote one can.
 */
import type { ChatMessage, JsonValue } from '../chat/index.ts'
import type { EndReason, GenerateOptions, Logprobs, Usage } from '../util/generation.ts'

export type { ChatMessage }

/** Where the time of an answer went, in milliseconds. */
export interface Timings {
  /** Waiting for earlier requests to this model, rendering and tokenising. */
  readonly waitMs: number
  /** From there to the first token: reading what of the prompt is new. */
  readonly prefillMs: number
  /** From the first token to the end. */
  readonly decodeMs: number
}

export interface TextDeltaEvent {
  readonly type: 'text-delta'
  readonly text: string
  /** One entry per token of this text, when asked for. */
  readonly logprobs?: readonly (Logprobs & { readonly text: string })[]
}

export interface PrefillEvent {
  readonly type: 'prefill-progress'
  readonly doneTokens: number
  readonly totalTokens: number
}

export interface EndEvent {
  readonly type: 'end'
  readonly reason: EndReason
  readonly usage: Usage
  readonly timings: Timings
  /** With this seed, the same prompt and the same options give the same text again. */
  readonly seed: number
}

/** Named noun-action; a consumer ignores types that it doesn't know. */
export type ChatEvent = PrefillEvent | TextDeltaEvent | EndEvent

export interface ChatOptions extends GenerateOptions {
  /** Values that the chat template reads beside the messages, such as `enable_thinking`. */
  readonly templateVariables?: { readonly [name: string]: JsonValue } | undefined
}

export interface ChatModel {
  /** Streams one answer. Leaving the loop early stops the model. The last event is always `end`. */
  chat(messages: readonly ChatMessage[], options?: ChatOptions): AsyncIterable<ChatEvent>
}

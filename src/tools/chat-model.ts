/**
 * The interface that everything above the engine sees: messages in, events out. A local model implements it, a remote one can.
 */
import type { ChatMessage, JsonValue, ToolDefinition } from '../chat/index.ts'
import type { EndReason, GenerateOptions, Logprobs, Usage } from '../util/generation.ts'

export type { ChatMessage, ToolDefinition }

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

/** What a run made of a step that was asked for (`tap`); told before the text that came of it. */
export interface TapEvent {
  readonly type: 'tap'
  /** Name of the step, such as `blk.3.attention`. */
  readonly step: string
  /** Position of the first token that it is about. Tokens that the model still held are not read again, so they are not seen. */
  readonly position: number
  /**
   * [tokens, ...] as the step's own shape says; of an attention's weights [heads, tokens, positions]; of the size of a state [1], after
   * the last token of the run.
   */
  readonly shape: readonly number[]
  readonly data: Float32Array
  /** Tap events left out before this one because the reader was slower than the model; only servers leave out any. */
  readonly skipped?: number
}

export interface EndEvent {
  readonly type: 'end'
  readonly reason: EndReason
  /** The stop string that ended the answer, where one did. */
  readonly stopText?: string
  readonly usage: Usage
  readonly timings: Timings
  /** With this seed, the same prompt and the same options give the same text again. */
  readonly seed: number
}

/** What the model thinks before it answers, without its markers. */
export interface ReasoningDeltaEvent {
  readonly type: 'reasoning-delta'
  readonly text: string
}

/** The model has begun a call and the name is complete. Calls come one after the other, `index` from 0. */
export interface ToolCallStartEvent {
  readonly type: 'tool-call-start'
  readonly index: number
  /** Unique within the conversation, never empty. */
  readonly id: string
  readonly name: string
}

/** The next piece of a call's arguments as JSON text, whatever the model's own notation is. */
export interface ToolCallDeltaEvent {
  readonly type: 'tool-call-delta'
  readonly index: number
  readonly arguments: string
}

/** A call that is complete and valid; never sent for one that was cut off. */
export interface ToolCallEvent {
  readonly type: 'tool-call'
  readonly index: number
  readonly id: string
  readonly name: string
  /** The deltas joined. */
  readonly arguments: string
}

/** Named noun-action; a consumer ignores types that it doesn't know. */
export type ChatEvent =
  | PrefillEvent
  | TextDeltaEvent
  | ReasoningDeltaEvent
  | ToolCallStartEvent
  | ToolCallDeltaEvent
  | ToolCallEvent
  | TapEvent
  | EndEvent

/**
 * `auto`: the model decides whether and which; `required`: at least one call; a name: that tool, called; `allowed`: only these
 * tools, either way; `none`: no call.
 */
export type ToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | { readonly name: string }
  | { readonly allowed: readonly string[]; readonly mode: 'auto' | 'required' }

export type ToolFormat = 'native' | 'universal'

export interface ChatOptions extends GenerateOptions {
  /** Functions that the model may call. Names are unique and match `[a-zA-Z0-9_-]{1,64}`. */
  readonly tools?: readonly ToolDefinition[] | undefined
  /** Kept on every model. Default `auto` where there are tools. */
  readonly toolChoice?: ToolChoice | undefined
  /** Several calls in one answer. Default true. */
  readonly parallelToolCalls?: boolean | undefined
  /** Most calls in one answer, which ends with the last of them; 1 or more. Default 128. */
  readonly maxToolCalls?: number | undefined
  /**
   * Models without a notation for calls: with `auto` they call where their own probabilities, calibrated, give a call at least
   * this chance. Range 0 to 1, default 0.5.
   */
  readonly callThreshold?: number | undefined
  /**
   * `native`: the notation that the model's template knows; `universal`: the one that every model can be held to. Default: native
   * where there is one.
   */
  readonly toolFormat?: ToolFormat | undefined
  /** Values that the chat template reads beside the messages, such as `enable_thinking`. */
  readonly templateVariables?: { readonly [name: string]: JsonValue } | undefined
}

export interface ChatModel {
  /** Streams one answer. Leaving the loop early stops the model. The last event is always `end`. */
  chat(messages: readonly ChatMessage[], options?: ChatOptions): AsyncIterable<ChatEvent>
}

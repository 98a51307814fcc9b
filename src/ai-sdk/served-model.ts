/**
 * What the AI SDK's models are made of here, in both versions of its interface that are in use. They are described by what they
 * have in common, so that neither `ai` 6 nor `ai` 7 has to be there; the tests hold them to both packages' own types.
 */
import type { Model } from '../engine/model.ts'
import type { ModelInfo } from '../engine/model-info.ts'
import type { ChatModel } from '../tools/chat-model.ts'

/** The part of a loaded `Model` that the AI SDK sees. */
export type ServedModel = ChatModel & Pick<Model, 'embed' | 'tokenize'> & { readonly info: Pick<ModelInfo, 'name'> }

export interface CallOptions {
  readonly prompt: readonly Message[]
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly stopSequences?: readonly string[]
  readonly topP?: number
  readonly topK?: number
  readonly presencePenalty?: number
  readonly frequencyPenalty?: number
  /** The schema is JSON Schema, draft 7. */
  readonly responseFormat?: { readonly type: 'text' } | { readonly type: 'json'; readonly schema?: unknown }
  readonly seed?: number
  readonly tools?: readonly CallTool[]
  readonly toolChoice?:
    | { readonly type: 'auto' | 'none' | 'required' }
    | { readonly type: 'tool'; readonly toolName: string }
  readonly abortSignal?: AbortSignal
  /** Version 4 only. */
  readonly reasoning?: Effort
  readonly providerOptions?: { readonly [provider: string]: object }
}

export type CallTool =
  | {
      readonly type: 'function'
      readonly name: string
      readonly description?: string
      readonly inputSchema: unknown
      readonly strict?: boolean
    }
  | { readonly type: 'provider'; readonly id: string }

export type Effort = 'provider-default' | 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'

export type Message =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: readonly (TextPart | OtherPart)[] }
  | { readonly role: 'assistant'; readonly content: readonly AssistantPart[] }
  | { readonly role: 'tool'; readonly content: readonly ToolPart[] }

export type AssistantPart =
  | TextPart
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'tool-call'; readonly toolCallId: string; readonly toolName: string; readonly input: unknown }
  | OtherPart

export type ToolPart =
  | {
      readonly type: 'tool-result'
      readonly toolCallId: string
      readonly toolName: string
      readonly output: ToolOutput
    }
  | { readonly type: 'tool-approval-response' }

export type ToolOutput =
  | { readonly type: 'text' | 'error-text'; readonly value: string }
  | { readonly type: 'json' | 'error-json'; readonly value: unknown }
  | { readonly type: 'execution-denied'; readonly reason?: string }
  | { readonly type: 'content'; readonly value: readonly (TextPart | { readonly type: OtherOutputType })[] }

interface TextPart {
  readonly type: 'text'
  readonly text: string
}

/** What a text model cannot read, in either version. */
interface OtherPart {
  readonly type: 'file' | 'reasoning-file' | 'custom' | 'tool-result'
}

type OtherOutputType =
  | 'file'
  | 'file-data'
  | 'file-url'
  | 'file-id'
  | 'image-data'
  | 'image-url'
  | 'image-file-id'
  | 'custom'

/** What the AI SDK tells its user about a call. */
export interface Warning {
  readonly type: 'unsupported' | 'compatibility'
  readonly feature: string
  readonly details: string
}

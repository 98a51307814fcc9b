/** What the AI SDK's models are made of here, in both versions of its interface that are in use. */
import type {
  LanguageModelV3CallOptions,
  LanguageModelV3Message,
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
} from '@ai-sdk/provider'
import type { Model } from '../engine/model.ts'
import type { ModelInfo } from '../engine/model-info.ts'
import type { ChatModel } from '../tools/chat-model.ts'

/** The part of a loaded `Model` that the AI SDK sees. */
export type ServedModel = ChatModel & Pick<Model, 'embed' | 'tokenize'> & { readonly info: Pick<ModelInfo, 'name'> }

/** The two versions differ only in fields that a text model has no use for, so one translation serves both. */
export type CallOptions = LanguageModelV3CallOptions | LanguageModelV4CallOptions
export type Message = LanguageModelV3Message | LanguageModelV4Message

/** `type` is common to both versions' warnings. */
export interface Warning {
  readonly type: 'unsupported' | 'compatibility'
  readonly feature: string
  readonly details: string
}

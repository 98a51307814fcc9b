/**
 * What agents and tasks ask of a model. A local model does all of it; `remoteModel` and the scripted model of `ostro/testing` say in `can`
 * what they cannot do.
 */
import type { GenerateOptions } from '../util/generation.ts'
import type { ChatEvent, ChatMessage, ChatOptions } from './chat-model.ts'
import type { ScoringModel } from './scoring-model.ts'

/** A conversation, or a text to be continued. */
export type Prompt = string | readonly ChatMessage[]

export interface Abilities {
  /** Follows instructions in messages. False: a base model, which continues texts. */
  readonly chat: boolean
  /** `scoreContinuations` works. */
  readonly score: boolean
  /** Every `format` is kept, not only JSON. */
  readonly format: boolean
}

export interface LanguageModel extends ScoringModel {
  readonly id: string
  /** Tokens that a prompt and its answer may have together. */
  readonly contextTokens: number
  /** Answers that it works on at once; more wait. */
  readonly slots: number
  readonly can: Abilities
  /**
   * The continuation of a text, without any template.
   * @throws OstroError `context-overflow`, `invalid-argument`, `unsupported`
   */
  stream(prompt: string, options?: GenerateOptions): AsyncIterable<ChatEvent>
  /**
   * Tokens of a prompt as the model reads it, with its template and the tools and the format that a conversation is told of; where only its
   * server could tell, a number that is not too small.
   */
  countTokens(prompt: Prompt, told?: Pick<ChatOptions, 'tools' | 'format'>): Promise<number>
}

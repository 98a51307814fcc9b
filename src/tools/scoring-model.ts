/** A model that can say how probable a text is to follow: what calibrated labels need. A local model can; a remote one mostly can't. */
import type { ChatMessage, ChatModel } from './chat-model.ts'

export interface ContinuationScore {
  /** Natural logarithm of the probability of all tokens of the continuation. */
  readonly logprob: number
  readonly tokens: number
}

export interface ScoringModel extends ChatModel {
  /**
   * How probable each continuation is after a conversation (as the beginning of the answer) or after a text. What all have in common is
   * read once. Continuations begin as they would in the text, so mostly with a space after a text.
   *
   * @throws OstroError `invalid-argument` for an empty continuation, `context-overflow`, `aborted`
   */
  scoreContinuations(
    prompt: string | readonly ChatMessage[],
    continuations: readonly string[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<ContinuationScore[]>
}

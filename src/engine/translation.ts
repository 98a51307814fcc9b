/** What can be asked of a translator and what it answers. */

export interface TranslateOptions {
  /** Language of the text, as the model's tokens or its prompts name it: `en`, `eng_Latn`, ... Models of many languages need it. */
  readonly from?: string | undefined
  /** Language of the translation. Default: the one that the model has, or what its prompt says. */
  readonly to?: string | undefined
  /** Texts continued side by side; 1 is greedy. Range 1 to as many sequences as were loaded. Default: as the model's files say, else 4. */
  readonly beams?: number | undefined
  /** Most tokens of the translation. Default: as the model's files say, else as many as the context holds. */
  readonly maxTokens?: number | undefined
  /** Above 0 favours long translations. Default: as the model's files say, else 1. */
  readonly lengthPenalty?: number | undefined
  /** Forbids repeating a run of that many tokens; 0 is off. Default: as the model's files say, else off. */
  readonly noRepeatNgram?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** The options that travel to the worker. */
export type TranslationRequest = Omit<TranslateOptions, 'signal'>

export interface TranslationCandidate {
  readonly text: string
  /** Sum of the log-probabilities of its tokens, divided by length ^ lengthPenalty. */
  readonly score: number
  /** False where it was cut off at `maxTokens`. */
  readonly ended: boolean
}

export interface Translation extends TranslationCandidate {
  /** Best first; the first one is the translation. */
  readonly candidates: readonly TranslationCandidate[]
  readonly usage: { readonly sourceTokens: number; readonly generatedTokens: number }
}

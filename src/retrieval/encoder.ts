/** The models that an index asks: one that makes vectors of texts, one that ranks passages. A loaded `Model` is made either by a line. */
import type { TokenCounter } from './chunk.ts'

export interface Encoder {
  /** Tells its vectors from those of other models; an index keeps it. */
  readonly name: string
  /** One vector a text, all of one width. */
  readonly embed: (
    texts: readonly string[],
    options?: { readonly signal?: AbortSignal | undefined },
  ) => Promise<readonly Float32Array[]>
  readonly countTokens: TokenCounter
}

/** A cross-encoder: reads question and passage together. */
export interface Reranker {
  readonly rerank: (
    query: string,
    documents: readonly string[],
    options?: { readonly truncate?: boolean | undefined; readonly signal?: AbortSignal | undefined },
  ) => Promise<readonly { readonly index: number; readonly score: number }[]>
}

/** What of a loaded model an encoder is made of. */
interface EncodingModel {
  readonly info: { readonly name: string }
  embed(
    texts: readonly string[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<readonly Float32Array[]>
  tokenize(text: string, options?: { readonly addSpecial?: boolean }): Promise<readonly number[]>
}

/** A loaded model as an encoder. @param name by which an index shall know it; default the model's own */
export function encoderOf(model: EncodingModel, name = model.info.name): Encoder {
  return {
    name,
    embed: (texts, options) => model.embed(texts, options),
    countTokens: (texts) =>
      Promise.all(texts.map(async (text) => (await model.tokenize(text, { addSpecial: false })).length)),
  }
}

/**
 * Tokens that a text has at most for most tokenizers: for models that do not tell, such as those behind an address. Words count by
 * their length, signs and characters of scripts without spaces one each.
 */
export const estimateTokens: TokenCounter = (texts) =>
  Promise.resolve(
    texts.map((text) => {
      const words = text.match(/[\p{Script=Latin}\p{N}]+|[^\s]/gu) ?? []
      return words.reduce((sum, word) => sum + Math.ceil(word.length / 4), 0)
    }),
  )

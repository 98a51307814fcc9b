/** The words in which every layer speaks of generating text: options, ends, usage, log-probabilities. Types only. */

import type { JsonValue } from './json.ts'

export interface SamplingOptions {
  /** Divides the logits; 0 takes the most probable token (greedy). Range 0 to 100, default 1. */
  readonly temperature?: number | undefined
  /** Keeps the k most probable tokens; 0 is off. Default off. */
  readonly topK?: number | undefined
  /** Keeps the smallest set that reaches this probability; 1 is off. Range (0, 1], default off. */
  readonly topP?: number | undefined
  /** Keeps tokens of at least this share of the greatest probability; 0 is off. Range [0, 1], default off. */
  readonly minP?: number | undefined
  /** Locally typical sampling with this probability mass; 1 is off. Range (0, 1], default off. */
  readonly typicalP?: number | undefined
  /** Keeps tokens of at least this probability; 0 is off. Range [0, 1), default off. */
  readonly epsilon?: number | undefined
  /** Entropy-dependent cutoff; 0 is off. Range [0, 1), default off. */
  readonly eta?: number | undefined
  /** Divides positive and multiplies negative logits of tokens seen; 1 is off. Above 0, default off. */
  readonly repetitionPenalty?: number | undefined
  /** Subtracted once from the logit of each token seen. Default 0. */
  readonly presencePenalty?: number | undefined
  /** Subtracted from a token's logit for each time it was seen. Default 0. */
  readonly frequencyPenalty?: number | undefined
  /** Forbids repeating a run of that many tokens; 0 is off. Default off. */
  readonly noRepeatNgram?: number | undefined
  /** Added to the logits of these token ids; -Infinity forbids. */
  readonly logitBias?: Readonly<Record<number, number>> | undefined
  /** Same seed, same prompt, same options: same text. Default: drawn anew, and told in the `end` event. */
  readonly seed?: number | undefined
}

export interface GenerateOptions extends SamplingOptions {
  /** Most tokens to generate. Default: as many as the context holds. */
  readonly maxTokens?: number | undefined
  /** Texts that end the answer; they are not part of it. */
  readonly stop?: readonly string[] | undefined
  /** Holds the answer to a form; it ends only where that form is complete, and closes it before `maxTokens` runs out. */
  readonly format?: OutputFormat | undefined
  /** Reports the log-probability of each token and of this many most probable ones. Range 0 to 1000, default off. */
  readonly logprobs?: number | undefined
  /** What was read for one key is reused only for the same key. Default: shared by all who give none. */
  readonly cacheKey?: string | undefined
  /**
   * Steps to look at, by name (`blk.3.attention`, `router.*`, `blk.*.attn_norm`); `*` stands for any text. Each run then tells what
   * they made as `tap` events. Default none.
   */
  readonly tap?: readonly string[] | undefined
  /** Goes on after end tokens, for measuring. Default false. */
  readonly ignoreEnd?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** What an answer must be, byte for byte. */
export type OutputFormat =
  /** Any JSON value; with `object` any JSON object. */
  | { readonly type: 'json'; readonly object?: boolean }
  /** JSON Schema, draft 2020-12 unless `$schema` says 2019-09 or draft-07. */
  | { readonly type: 'json-schema'; readonly schema: JsonValue }
  /** The whole answer matches this regular expression (ECMA-262 syntax with the `u` flag, no look-around or back-references). */
  | { readonly type: 'regex'; readonly pattern: string }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | { readonly type: 'grammar'; readonly syntax: 'lark' | 'gbnf'; readonly source: string }

/**
 * `stop`: an end token or a stop string; `tool-calls`: the model ended its turn with complete calls; `length`: maxTokens or the
 * context is full; `aborted`: the signal fired.
 */
export type EndReason = 'stop' | 'tool-calls' | 'length' | 'aborted'

export interface Usage {
  readonly promptTokens: number
  /** Prompt tokens that the model still held and did not read again. */
  readonly cachedTokens: number
  readonly generatedTokens: number
}

export interface TokenLogprob {
  readonly token: number
  /** Natural logarithm of the probability. */
  readonly logprob: number
}

export interface Logprobs extends TokenLogprob {
  /** The most probable tokens, best first. */
  readonly top: readonly TokenLogprob[]
}

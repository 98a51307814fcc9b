/** The next token of an answer: the sampler's own choice, or its choice among the legal tokens where something holds the answer. */
import type { GenerateOptions } from '../util/generation.ts'
import { createSampler, type TokenMask } from './sampler.ts'
import { argmax } from './select.ts'

/** Which tokens may come next. */
export interface LegalTokens {
  readonly allows: (token: number) => boolean
  /** Of all tokens; costlier than `allows`. Read before the next call. */
  readonly mask: () => TokenMask
}

/** Undefined where no token is legal. */
export type Chooser = (logits: Float32Array, previous: readonly number[], legal?: LegalTokens) => number | undefined

/**
 * What is drawn follows the model's distribution over the legal tokens, then filtered (top-k, top-p, …) and drawn. Without
 * filters most draws need no mask: the model's own choice is mostly legal, and a draw among all that is thrown away when illegal
 * leaves the same distribution.
 *
 * @throws OstroError `invalid-argument` for an option out of range
 */
export function createChooser(options: GenerateOptions): Chooser {
  const sampler = createSampler(options)
  const choose = isPlainGreedy(options) ? argmax : sampler.sample
  return (logits, previous, legal) => {
    if (legal === undefined) return choose(logits, previous)
    if (sampler.mayDrawFirst) {
      const token = choose(logits, previous)
      if (legal.allows(token)) return token
    }
    return sampler.sampleLegal(logits, previous, legal.mask())
  }
}

/** Greedy without changes reads the row once and allocates nothing. */
function isPlainGreedy(options: GenerateOptions): boolean {
  return (
    options.temperature === 0 &&
    (options.repetitionPenalty ?? 1) === 1 &&
    !options.presencePenalty &&
    !options.frequencyPenalty &&
    !options.noRepeatNgram &&
    options.logitBias === undefined
  )
}

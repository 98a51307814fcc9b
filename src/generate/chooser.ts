/** The next token of an answer: the sampler's own choice, or its choice among the legal tokens where something holds the answer. */
import type { GenerateOptions } from '../util/generation.ts'
import { createSampler, type TokenMask } from './sampler.ts'
import { argmax } from './select.ts'

/** Which tokens may come next, as questions of growing cost. A mask is read before the next question. */
export interface LegalTokens {
  readonly accepts: (token: number) => boolean
  /** All that are accepted, and some that are not for want of room. */
  readonly mask: () => TokenMask
  /** Only such as are accepted. */
  readonly strictMask: () => TokenMask
}

/** Draws that are refused for want of room before it is worked out for all tokens. */
const mostDraws = 24

/** Undefined where no token is legal. */
export type Chooser = (logits: Float32Array, previous: readonly number[], legal?: LegalTokens) => number | undefined

/**
 * What is drawn follows the model's distribution over the legal tokens, then filtered (top-k, top-p, …). Without filters most draws
 * need no mask: the model's own choice is mostly legal, and a draw that is thrown away when refused leaves the same distribution.
 *
 * @throws OstroError `invalid-argument` for an option out of range
 */
export function createChooser(options: GenerateOptions): Chooser {
  const sampler = createSampler(options)
  const choose = isPlainGreedy(options) ? argmax : sampler.sample
  return (logits, previous, legal) => {
    if (legal === undefined) return choose(logits, previous)
    if (sampler.mayDrawFirst) {
      const own = choose(logits, previous)
      if (legal.accepts(own)) return own
    }
    let mask = legal.mask()
    for (let draws = 0; draws < mostDraws; draws++) {
      const drawn = sampler.sampleLegal(logits, previous, mask)
      if (drawn === undefined || legal.accepts(drawn)) return drawn
      if (draws === 0) mask = mask.slice()
      mask[drawn >> 5] &= ~(1 << (drawn & 31))
    }
    return sampler.sampleLegal(logits, previous, legal.strictMask())
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

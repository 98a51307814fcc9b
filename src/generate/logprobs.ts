/** Log-probabilities under the model itself: exact log-softmax of the raw logits, before penalties and temperature. */
import type { Logprobs, TokenLogprob } from '../util/generation.ts'
import { greatestIndices, logSumExp } from './select.ts'

/** `count` most probable tokens beside the chosen one. */
export function logprobsOf(logits: Float32Array, chosen: number, count: number): Logprobs {
  const normaliser = logSumExp(logits)
  const entry = (token: number): TokenLogprob => ({ token, logprob: logits[token] - normaliser })
  return { ...entry(chosen), top: Array.from(greatestIndices(logits, count), entry) }
}

/**
 * Whether another call follows a call, for models that do not begin one by themselves, by what the calls so far leave of the request. They
 * hardly ever write a separator, and yet write a second call as well as the first.
 */
import type { CallRemainder } from './call-remainder.ts'

/** What a unit of each evidence adds to the log odds of a further call. */
export interface ContinuationWeights extends Readonly<Record<keyof CallRemainder, number>> {
  readonly bias: number
}

/** Logistic regression on BFCL's development data: `npm run proof -- further-calls` fits it again. */
export const continuationWeights: ContinuationWeights = {
  numbers: 0.65,
  names: 0.5,
  again: 1.35,
  words: -0.45,
  siblings: 2.7,
  repeats: 0.6,
  cues: 1.7,
  otherFunction: 3.3,
  further: 1,
  bias: -3.05,
}

/** The probability that another call is due. */
export function continuationProbability(
  remainder: CallRemainder,
  { bias, ...weights }: ContinuationWeights = continuationWeights,
): number {
  const terms = Object.entries(weights) as [keyof CallRemainder, number][]
  const odds = terms.reduce((sum, [name, weight]) => sum + weight * remainder[name], bias)
  return 1 / (1 + Math.exp(-odds))
}

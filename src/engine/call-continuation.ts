/**
 * Whether another call follows a call, for models that do not begin one by themselves: by what the calls so far leave of the request and by
 * the model's own odds of going on. They would hardly ever write a separator, and write a second call as well as the first.
 */
import { type CallRemainder } from './call-remainder.ts'

/** What a unit of each evidence adds to the log odds of a further call. */
export interface ContinuationWeights extends Readonly<Record<keyof CallRemainder, number>> {
  /** Of the natural logarithm of the model's odds of the separator against an end. */
  readonly separator: number
  readonly bias: number
}

/** Logistic regression, see docs/experiments.md; the bias is set so that hardly a request gets a call too many. */
export const continuationWeights: ContinuationWeights = {
  numbers: 1,
  names: 0.65,
  words: -0.65,
  siblings: 0.5,
  repeats: 0.5,
  cues: 1.55,
  otherFunction: 3.2,
  further: 0.9,
  separator: 0,
  bias: -2.6,
}

/** The probability that another call is due. */
export function continuationProbability(
  remainder: CallRemainder,
  separatorOdds: number,
  { separator, bias, ...weights }: ContinuationWeights = continuationWeights,
): number {
  const terms = Object.entries(weights) as [keyof CallRemainder, number][]
  const odds = terms.reduce(
    (sum, [name, weight]) => sum + weight * remainder[name],
    bias + (separator === 0 ? 0 : separator * separatorOdds),
  )
  return 1 / (1 + Math.exp(-odds))
}

/** Noise on a router's input, in training only (Fedus et al. 2021, section 2.4). */
import { OstroError } from '../../util/error.ts'
import type { Random } from '../../util/random.ts'

/**
 * x times U(1 - epsilon, 1 + epsilon), value by value; x itself is left as it is. Factors do not depend on x, so the gradient of the
 * output with respect to x is `factors`.
 *
 * @throws OstroError `invalid-argument` when epsilon is not in [0, 1).
 */
export function jitter(
  x: ArrayLike<number>,
  epsilon: number,
  random: Random,
): { readonly values: Float32Array; readonly factors: Float32Array } {
  if (!(epsilon >= 0 && epsilon < 1)) {
    throw new OstroError('invalid-argument', `jitter: expected an epsilon from 0 to below 1, got ${epsilon}.`)
  }
  const factors = Float32Array.from({ length: x.length }, () => 1 - epsilon + 2 * epsilon * random.float())
  return { values: factors.map((factor, index) => factor * x[index]), factors }
}

/**
 * What a figure needs beside it: the interval of a share, the interval of a difference between two methods on the same items, and the
 * probability that as many disagreements arise by chance. Everything is exact or seeded, so that a report can be repeated.
 */
import { OstroError } from '../util/error.ts'
import { createRandom } from '../util/random.ts'

export interface PairedOptions {
  /** Resamples of the items. Default 10,000. */
  readonly resamples?: number | undefined
  /** Share of the resamples inside the interval, above 0 and below 1. Default .95. */
  readonly level?: number | undefined
  /** Default 1. */
  readonly seed?: number | undefined
}

export interface PairedDifference {
  readonly items: number
  /** Mean of the first method's scores minus the second's. */
  readonly difference: number
  /** Percentile interval of the difference under resampling of the items. */
  readonly interval: readonly [low: number, high: number]
}

/**
 * The difference of two methods that were measured on the same items, by the paired bootstrap (Efron 1979): items are drawn with
 * replacement, each with both its scores, so that what makes an item hard for both cancels out.
 *
 * @throws OstroError `invalid-argument` for lists of different lengths, no items, a score that is no finite number, or an option out of
 * its range
 * @example
 * const { difference, interval } = pairedBootstrap([1, 1, 0, 1], [1, 0, 0, 1])
 */
export function pairedBootstrap(
  first: readonly number[],
  second: readonly number[],
  { resamples = 10_000, level = 0.95, seed = 1 }: PairedOptions = {},
): PairedDifference {
  const items = first.length
  if (items === 0 || second.length !== items) {
    throw wrong(`two lists of scores of the same items expected, got ${items} and ${second.length}`)
  }
  if (!Number.isSafeInteger(resamples) || resamples < 1)
    throw wrong(`resamples of at least 1 expected, got ${resamples}`)
  if (!(level > 0 && level < 1)) throw wrong(`a level between 0 and 1 expected, got ${level}`)
  const differences = Float64Array.from(first, (score, item) => score - second[item])
  if (!differences.every(Number.isFinite)) throw wrong('finite scores expected, got one that is not')

  const { float } = createRandom(seed)
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0
    for (let drawn = 0; drawn < items; drawn++) sum += differences[Math.floor(float() * items)]
    return sum / items
  }).toSorted()
  const tail = (1 - level) / 2
  return {
    items,
    difference: differences.reduce((sum, value) => sum + value, 0) / items,
    interval: [quantile(means, tail), quantile(means, 1 - tail)],
  }
}

/**
 * Two-sided exact McNemar test: the probability that of the items on which two methods disagree, at least so uneven a part goes to one of
 * them, if each were equally likely to be the one that is right (McNemar 1947; the binomial in place of its chi-squared approximation).
 *
 * @param firstOnly items that only the first method got right
 * @param secondOnly items that only the second method got right
 * @returns 0 to 1
 * @throws OstroError `invalid-argument` for counts that are no whole numbers from 0 on
 */
export function mcnemarExact(firstOnly: number, secondOnly: number): number {
  for (const count of [firstOnly, secondOnly]) {
    if (!Number.isSafeInteger(count) || count < 0) throw wrong(`counts of discordant items expected, got ${count}`)
  }
  const discordant = firstOnly + secondOnly
  const fewer = Math.min(firstOnly, secondOnly)
  // Terms C(n, k) / 2^n from the largest down; its logarithm, since 2^n leaves the range of a double beyond a thousand.
  let logTerm = -discordant * Math.LN2
  for (let k = 1; k <= fewer; k++) logTerm += Math.log((discordant - k + 1) / k)
  let term = Math.exp(logTerm)
  let tail = 0
  for (let k = fewer; k >= 0; k--) {
    tail += term
    term *= k / (discordant - k + 1)
  }
  return Math.min(1, 2 * tail)
}

/** 95 % interval of a share of which `right` of `items` were seen (Wilson 1927, equation 4). */
export function wilsonInterval(right: number, items: number): [low: number, high: number] {
  if (items === 0) return [0, 1]
  const z = 1.959964
  const share = right / items
  const centre = share + (z * z) / (2 * items)
  const spread = z * Math.sqrt((share * (1 - share)) / items + (z * z) / (4 * items * items))
  const scale = 1 + (z * z) / items
  return [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)]
}

/** Between the two nearest of sorted values, linearly. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (place - below) * (sorted[above] - sorted[below])
}

function wrong(what: string): OstroError {
  return new OstroError('invalid-argument', `statistics: ${what}.`)
}

/** What doubles can tell about the numbers that begin with some digits: mostly enough, so that the exact search is rarely needed. */
import type { Decimal } from './decimal.ts'

export interface NumberRange {
  readonly low: Decimal | undefined
  readonly high: Decimal | undefined
  /** The value is a multiple of each. */
  readonly steps: readonly Decimal[]
}

/** More than all roundings together. */
const margin = 1e-9

/**
 * Whether some number of the range continues `prefix`, which has a digit and no exponent: `no` and `yes` are certain; it may go on
 * to `mostDigits` digits before the point.
 */
export function estimate(
  prefix: string,
  { low, high, steps }: NumberRange,
  mostDigits: number,
): 'yes' | 'no' | 'unknown' {
  const negative = prefix.startsWith('-')
  const [whole, fraction] = (negative ? prefix.slice(1) : prefix).split('.', 2)
  const first = Number(fraction === undefined ? whole : `${whole}.${fraction}0`)
  const width = fraction === undefined ? 1 : 10 ** -fraction.length
  const step = steps.reduce((product, value) => product * asDouble(value, 1), 1)
  const [lowest, highest] = [asDouble(low, -Infinity), asDouble(high, Infinity)]
  const [from, to] = negative ? [-highest, -lowest] : [lowest, highest]
  const longer = fraction === undefined && first > 0 ? mostDigits - whole.length : 0
  let possible = false
  for (let more = 0; more <= longer; more++) {
    const start = first * 10 ** more
    const end = start + width * 10 ** more
    const slack = margin * end
    if (start > to + slack || end < from - slack) continue
    possible = true
    const overlap = Math.min(end, to) - Math.max(start, from)
    // Room for two steps has one of them well within.
    if (more > 0 && overlap - 2 * slack > 2 * Math.max(step, 1)) return 'yes'
  }
  return possible ? 'unknown' : 'no'
}

function asDouble(value: Decimal | undefined, otherwise: number): number {
  return value === undefined ? otherwise : Number(`${value.negative ? '-' : ''}${value.digits}e${value.exponent}`)
}

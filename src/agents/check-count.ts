/** Checks of options that count something. */
import { OstroError } from '../util/error.ts'

/** @throws OstroError `invalid-argument` for anything but a whole number of at least `least` */
export function checkCount(where: string, option: string, value: number, least = 1): void {
  if (Number.isInteger(value) && value >= least) return
  const message = `${where}: ${option} must be a whole number of at least ${least}, got ${value}.`
  throw new OstroError('invalid-argument', message, { option, value })
}

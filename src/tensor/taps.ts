/** What devices check of taps before they run. */
import { OstroError } from '../util/error.ts'
import type { Tap } from './device.ts'

/** @throws OstroError `invalid-argument` for a tensor that the program does not make */
export function checkTaps(taps: readonly Tap[], makes: (tensor: number) => boolean): void {
  const missing = taps.flatMap(({ after, tensors }) => [after, ...tensors]).find((tensor) => !makes(tensor))
  if (missing === undefined) return
  const message = `Program.run: expected taps on tensors that the program makes, got ${missing}. Ask \`makes\` before.`
  throw new OstroError('invalid-argument', message, { tensor: missing })
}

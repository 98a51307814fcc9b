/** Whether a text may go on. */
import type { State } from './grammar.ts'

/** Whether some byte or control token is legal in `state`. */
export function canContinue(state: State): boolean {
  if (state.controls?.some((text) => state.nextControl?.(text) !== undefined)) return true
  for (let byte = 0; byte < 256; byte++) if (state.next(byte) !== undefined) return true
  return false
}

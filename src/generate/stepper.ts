/**
 * What generation needs from a model: run tokens of one sequence, forget the end of it. The scheduler implements it over a
 * device program that many sequences share; tests implement it in ten lines.
 */

export interface Stepper {
  /** Logits in a row. */
  readonly vocabularySize: number
  /** Most tokens that the sequence can hold. */
  readonly contextTokens: number
  /** Tokens that the sequence holds now, in order. */
  readonly tokens: readonly number[]
  /**
   * Appends as many of `tokens` as the next run has room for, at least one.
   * @throws OstroError `aborted` when the signal fires before they ran
   */
  readonly run: (tokens: readonly number[], signal?: AbortSignal) => Promise<StepResult>
  /** Forgets all but the first `length` tokens, or more where the state can't go back to just there; answers what is left. */
  readonly truncate: (length: number) => number
}

export interface StepResult {
  /** How many of the tokens were appended. */
  readonly readTokens: number
  /**
   * Logits after the last token, when all were appended. A view into the device that other sequences' next run overwrites: it is
   * valid until the event loop turns, so whoever keeps it copies it.
   */
  readonly logits: Float32Array | undefined
}

/** Length of the common start of two token lists. */
export function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const end = Math.min(a.length, b.length)
  let length = 0
  while (length < end && a[length] === b[length]) length++
  return length
}

/**
 * What generation needs from a model: run tokens of one sequence, forget the end of it. The engine implements it over a
 * device program and its pages; tests implement it in ten lines.
 */

export interface Stepper {
  /** Logits in a row. */
  readonly vocabularySize: number
  /** Most tokens that the sequence can hold. */
  readonly contextTokens: number
  /** Most tokens in one run. */
  readonly chunkTokens: number
  /** Tokens that the sequence holds now, in order. */
  readonly tokens: readonly number[]
  /**
   * Appends at most `chunkTokens` tokens. With `wantLogits` answers the logits after the last one, a view that is valid until
   * the next run; without, undefined.
   */
  readonly run: (tokens: readonly number[], wantLogits: boolean) => Float32Array | undefined
  /** Forgets all but the first `length` tokens, or more where the state can't go back to just there; answers what is left. */
  readonly truncate: (length: number) => number
}

/** Length of the common start of two token lists. */
export function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const end = Math.min(a.length, b.length)
  let length = 0
  while (length < end && a[length] === b[length]) length++
  return length
}

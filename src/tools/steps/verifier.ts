/** Who says whether a candidate is good. Without a signal from outside, reflection does not help (Huang et al. 2023, arXiv 2310.01798). */

export interface Verdict {
  readonly passed: boolean
  /** 0 to 1. */
  readonly score: number
  /** For the model to read: what is wrong and where. Nothing of a hidden test may stand here. */
  readonly feedback: string
}

export interface VerifyContext {
  readonly signal: AbortSignal
}

export interface Verifier<C> {
  /** `external`: a program, tests, a rule; `oracle`: knows the true answer, and reports must say so; `model`: a model's opinion. */
  readonly source: 'external' | 'oracle' | 'model'
  verify(candidate: C, context: VerifyContext): Verdict | Promise<Verdict>
}

/** Whether a verdict proves anything: an opinion of a model does not. */
export const isProof = (verifier: Verifier<never> | undefined): boolean =>
  verifier !== undefined && verifier.source !== 'model'

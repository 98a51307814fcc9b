/** Says so where nobody but a model judges: what a model thinks of its own answers makes them no better. */
import type { Run } from '../tools/steps/run.ts'
import { isProof, type Verifier } from '../tools/steps/verifier.ts'

export function warnUnverified<C>(run: Run<C>, verifier: Verifier<C> | undefined): void {
  if (isProof(verifier)) return
  const who = verifier === undefined ? 'No verifier was given' : 'The verifier is a model'
  run.warn('no-external-signal', `${who}: nothing outside the models says whether the answer is right.`)
}

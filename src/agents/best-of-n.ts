/** Best of n: the plainest use of a verifier, and what every search has to be better than at equal cost. */
import type { LanguageModel, Prompt } from '../tools/language-model.ts'
import { isBetter, type RunOptions, startRun } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import { isProof, type Verdict, type Verifier } from '../tools/steps/verifier.ts'
import type { OutputFormat } from '../util/generation.ts'
import { checkCount } from './check-count.ts'
import { samplesAsTheyEnd } from './samples-as-they-end.ts'
import { warnUnverified } from './warn-unverified.ts'

export interface BestOfNOptions<C> extends RunOptions {
  readonly verifier?: Verifier<C> | undefined
  /** Reads a candidate out of an answer. Default: its text, trimmed. */
  readonly parse?: ((text: string) => C) | undefined
  /** Samples, asked for at once: they share one reading of the prompt. Default 5. */
  readonly samples?: number | undefined
  /** Default 0.7. */
  readonly temperature?: number | undefined
  /** Of each sample. Default 512. */
  readonly maxTokens?: number | undefined
  readonly format?: OutputFormat | undefined
  readonly stop?: readonly string[] | undefined
}

/**
 * Asks for n answers, as many at once as the model works on, and has each judged as it ends, beside the others; the first that passes ends
 * the run and what is still being written. Else the best by score is the result, of equals the one asked for first. Without a verifier that
 * is the first one, with a warning.
 *
 * @throws OstroError `invalid-argument`; what the model throws
 * @example
 * const { best } = await resultOf(bestOfN(model, 'What is 17 * 23?', { verifier }))
 */
export function bestOfN<C = string>(
  model: LanguageModel,
  prompt: Prompt,
  options: BestOfNOptions<C> = {},
): AsyncGenerator<RunEvent<C>, void, void> {
  const { verifier, samples = 5, temperature = 0.7, maxTokens = 512, format, stop } = options
  const parse = options.parse ?? ((text: string) => text.trim() as C)
  checkCount('bestOfN', 'samples', samples)
  return startRun('best-of-n', options, async (run) => {
    warnUnverified(run, verifier)
    const sampleOf = async (sample: number): Promise<Judged<C>> => {
      const asked = { purpose: 'sample', path: [sample], temperature, maxTokens, format, stop }
      const candidate = parse((await run.ask(model, prompt, asked)).text)
      const index = run.propose(candidate)
      const verdict = verifier === undefined ? undefined : await run.verify(verifier, candidate, index)
      return { sample, candidate, verdict }
    }
    let best: Judged<C> | undefined
    for await (const judged of samplesAsTheyEnd(model, samples, sampleOf)) {
      if (best === undefined || precedes(judged, best)) best = judged
      run.keep(best.candidate, best.verdict, isProof(verifier))
      if (judged.verdict?.passed === true) return 'passed'
    }
    return verifier === undefined ? 'answered' : 'exhausted'
  })
}

interface Judged<C> {
  readonly sample: number
  readonly candidate: C
  readonly verdict: Verdict | undefined
}

/** By passed, score, asked for earlier. */
function precedes<C>(judged: Judged<C>, other: Judged<C>): boolean {
  if (judged.verdict !== undefined && isBetter(judged.verdict, other.verdict)) return true
  const isWorse = other.verdict !== undefined && isBetter(other.verdict, judged.verdict)
  return !isWorse && judged.sample < other.sample
}

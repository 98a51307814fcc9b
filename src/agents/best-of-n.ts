/** Best of n: the plainest use of a verifier, and what every search has to be better than at equal cost. */
import type { LanguageModel, Prompt } from '../tools/language-model.ts'
import { type RunOptions, startRun } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import type { Verifier } from '../tools/steps/verifier.ts'
import type { OutputFormat } from '../util/generation.ts'
import { checkCount } from './check-count.ts'
import { sampleWaves } from './sample-waves.ts'
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
 * Asks for n answers, as many at once as the model works on, and has them judged; the first that passes ends the run, else the best by
 * score is the result, of equals the one asked for first. Without a verifier that is the first one, with a warning.
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
    const sampleOf = async (sample: number) => {
      const asked = { purpose: 'sample', path: [sample], temperature, maxTokens, format, stop }
      return parse((await run.ask(model, prompt, asked)).text)
    }
    for await (const candidate of sampleWaves(model, samples, sampleOf)) {
      const index = run.propose(candidate)
      if (verifier !== undefined && (await run.verify(verifier, candidate, index)).passed) return 'passed'
    }
    return verifier === undefined ? 'answered' : 'exhausted'
  })
}

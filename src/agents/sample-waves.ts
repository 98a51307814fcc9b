/** Many answers to one prompt, for those who choose among them. */
import type { LanguageModel } from '../tools/language-model.ts'
import { OstroError } from '../util/error.ts'

/**
 * Yields samples in the order of asking, so that a run depends on its seed alone and not on who is faster. As many are asked for at once as
 * the model works on: what a wave has not used of its reservations is there for the next.
 *
 * @throws what a sample threw, when the others of its wave have been yielded
 */
export async function* sampleWaves<T>(
  { slots }: Pick<LanguageModel, 'slots'>,
  samples: number,
  sampleOf: (sample: number) => Promise<T>,
): AsyncGenerator<T, void, void> {
  for (let start = 0; start < samples;) {
    const count = Math.min(slots, samples - start)
    const wave = await Promise.allSettled(Array.from({ length: count }, (_, index) => sampleOf(start + index)))
    for (const result of wave) if (result.status === 'fulfilled') yield result.value
    const failed = wave.findIndex(({ status }) => status === 'rejected')
    const failure: unknown = failed < 0 ? undefined : (wave[failed] as PromiseRejectedResult).reason
    if (failure !== undefined && (failed === 0 || !isBudgetEnd(failure))) throw failure
    start += failed < 0 ? count : failed
  }
}

const isBudgetEnd = (error: unknown): boolean => error instanceof OstroError && error.code === 'budget-reached'

/** Many answers to one prompt, for those who choose among them. */
import type { LanguageModel } from '../tools/language-model.ts'
import { OstroError } from '../util/error.ts'

type Ended<T> =
  | { readonly sample: number; readonly value: T }
  | { readonly sample: number; readonly failure: NonNullable<unknown> }

/**
 * Yields samples as they end. As many are worked on at once as the model has slots; one that the budget has no room for waits for what
 * others have not used of their reservations. Whoever leaves has the rest cancelled by the end of his run.
 *
 * @throws what a sample threw, when those that had begun have ended and were yielded
 */
export async function* samplesAsTheyEnd<T>(
  { slots }: Pick<LanguageModel, 'slots'>,
  samples: number,
  sampleOf: (sample: number) => Promise<T>,
): AsyncGenerator<T, void, void> {
  const open = new Map<number, Promise<Ended<T>>>()
  const waiting = Array.from({ length: samples }, (_, sample) => sample)
  let failure: NonNullable<unknown> | undefined
  let mayBegin = true
  for (;;) {
    while (mayBegin && failure === undefined && open.size < slots) {
      const sample = waiting.shift()
      if (sample === undefined) break
      open.set(sample, endOf(sample, sampleOf))
    }
    if (open.size === 0) break
    const ended = await Promise.race(open.values())
    open.delete(ended.sample)
    mayBegin = true
    if ('value' in ended) {
      yield ended.value
    } else if (isBudgetEnd(ended.failure) && open.size > 0) {
      waiting.splice(waiting.filter((sample) => sample < ended.sample).length, 0, ended.sample)
      mayBegin = false
    } else {
      failure ??= ended.failure
    }
  }
  if (failure !== undefined) throw failure
}

async function endOf<T>(sample: number, sampleOf: (sample: number) => Promise<T>): Promise<Ended<T>> {
  try {
    return { sample, value: await sampleOf(sample) }
  } catch (error) {
    return { sample, failure: error ?? new OstroError('device', `sample ${sample}: failed without an error.`) }
  }
}

const isBudgetEnd = (error: unknown): boolean => error instanceof OstroError && error.code === 'budget-reached'

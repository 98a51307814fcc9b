/** How answers are sampled where nobody says anything about it: livelier than greedy, without the unlikely tail. */
import type { SamplingOptions } from '../util/generation.ts'

export const defaultSampling = {
  temperature: 0.6,
  topK: 64,
  topP: 0.95,
  minP: 0.05,
} as const satisfies SamplingOptions

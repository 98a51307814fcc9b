/** Settings of the search: the paper's, and those that won our simulation (`npm run bench -- search-simulation`). */

export interface SearchTuning {
  /** w: weight of the exploration term. Default 0.3. */
  readonly exploration: number
  /** λ: share of the model's value in a state's prior; the rest is self-consistency. Default 1. */
  readonly valueShare: number
  /** c: for how many visits the prior counts. Default 1. */
  readonly priorWeight: number
  /** Whether nodes that are visited often get more children. Default true. */
  readonly widen: boolean
  /** Share of the budget that goes first to plain rollouts, for models whose values may say nothing. Default 0. */
  readonly hedge: number
  /** n: samples of one expansion. Default 5. */
  readonly samples: number
  /** k: most iterations. Default 30. */
  readonly iterations: number
  /** Deepest node. Default 7. */
  readonly depth: number
}

export type SearchTuningOptions = { readonly [setting in keyof SearchTuning]?: SearchTuning[setting] | undefined }

const common = { priorWeight: 1, samples: 5, iterations: 30, depth: 7 }

export const searchPresets = {
  /** arXiv 2310.04406: every node is expanded once. */
  paper: { ...common, exploration: 1, valueShare: 0.5, widen: false, hedge: 0 },
  default: { ...common, exploration: 0.3, valueShare: 1, widen: true, hedge: 0 },
} satisfies Readonly<Record<string, SearchTuning>>

export type SearchPreset = keyof typeof searchPresets

/** Settings of the search: the paper's, and those that won our simulation (`npm run bench -- search-simulation`). */

/**
 * What a state is worth before anybody has been there. `model`: the mark that the model gives it. `outcomes`: nothing; each iteration goes from
 * new actions straight to an end, and only what came of it counts, so that the model is asked for actions alone: once in each state for the
 * probabilities of all that is legal, where the environment lists it and the model can score, else for one sample at a time. `checked`: `model`, until
 * 20 ends have shown that its marks do not go with what comes of states; `outcomes` from then on, with a warning.
 */
export const valueSources = ['model', 'checked', 'outcomes'] as const

export type ValueSource = (typeof valueSources)[number]

export interface SearchTuning {
  readonly value: ValueSource
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
  /** n: samples of one expansion; by `outcomes` different actions, drawn by the model's probabilities. Default 5. */
  readonly samples: number
  /** k: most iterations. Default 30. */
  readonly iterations: number
  /** Deepest node. Default 7. */
  readonly depth: number
  /** Most reflections on failed ends, which later prompts show. Default 3; by `outcomes` none. */
  readonly reflections: number
}

export type SearchTuningOptions = { readonly [setting in keyof SearchTuning]?: SearchTuning[setting] | undefined }

const common = { priorWeight: 1, samples: 5, iterations: 30, depth: 7, hedge: 0, reflections: 3 }

export const searchPresets = {
  /** arXiv 2310.04406: every node is expanded once. */
  paper: { ...common, value: 'model', exploration: 1, valueShare: 0.5, widen: false },
  default: { ...common, value: 'checked', exploration: 0.3, valueShare: 1, widen: true },
  /** For models whose opinion of a state says little: Monte Carlo tree search with the model as its policy. */
  outcomes: {
    ...common,
    value: 'outcomes',
    exploration: 0.3,
    valueShare: 0,
    widen: true,
    priorWeight: 0,
    iterations: 150,
    reflections: 0,
  },
} satisfies Readonly<Record<string, SearchTuning>>

export type SearchPreset = keyof typeof searchPresets

/**
 * Which label fits a text, with probabilities from the model's own log-probabilities: nothing has to be parsed, no label is preferred for
 * its own sake or its place in the list, and base and chat models do it alike.
 */
import type { LanguageModel } from '../tools/language-model.ts'
import type { ScoringModel } from '../tools/scoring-model.ts'
import { type Run, type RunOptions, startRun } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import { OstroError } from '../util/error.ts'
import type { Calibration } from './label-calibration.ts'
import { labelScores } from './label-scores.ts'
import { checkScores } from './task-run.ts'

export interface LabelledText {
  readonly text: string
  readonly label: string
}

export interface ClassifyOptions {
  /** What the labels are, as a heading: "Topic of the article". Default "Category". */
  readonly question?: string | undefined
  /** Shown to the model before the text. */
  readonly examples?: readonly LabelledText[] | undefined
  /** Any number of labels may fit: each gets a probability of its own. Default false: the probabilities sum up to 1. */
  readonly multi?: boolean | undefined
  /** No label is chosen below this probability. Range 0 to 1, default 0; with `multi` 0.5. */
  readonly abstainBelow?: number | undefined
  /** Fitted on labelled items of the same labels: see `fitCalibration`. */
  readonly calibration?: Calibration | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Classification {
  /** Labels that were chosen, most probable first: one, or none where the model abstains; any number with `multi`. */
  readonly labels: readonly string[]
  /** By label, in the order in which they were given. */
  readonly probabilities: Readonly<Record<string, number>>
}

/**
 * @param labels at least two different ones (one is enough with `multi`), none empty
 * @throws OstroError `input-empty`, `invalid-argument` for labels that are not so, `context-overflow`, `aborted`
 * @example
 * const { labels, probabilities } = await classify(model, review, ['positive', 'negative'], { question: 'Mood of the review' })
 */
export async function classify(
  model: ScoringModel,
  text: string,
  labels: readonly string[],
  options: ClassifyOptions = {},
): Promise<Classification> {
  const { multi = false, abstainBelow = multi ? 0.5 : 0, calibration } = options
  checkInput(text, labels, multi)
  const scores = await labelScores(model, text, labels, options)
  const changed = calibration === undefined ? scores : applyCalibration(calibration, labels, scores)
  const shares = multi ? changed.map((score) => 1 / (1 + Math.exp(-score))) : softmax(changed)
  const ranked = labels
    .map((label, index) => ({ label, share: shares[index] }))
    .filter(({ share }) => share >= abstainBelow)
    .toSorted((a, b) => b.share - a.share)
  return {
    labels: (multi ? ranked : ranked.slice(0, 1)).map(({ label }) => label),
    probabilities: Object.fromEntries(labels.map((label, index) => [label, shares[index]])),
  }
}

/** `classify` as a run with a budget and events. @throws as `classify`; `unsupported` for a model that tells no probabilities */
export function classifyEvents(
  model: LanguageModel,
  text: string,
  labels: readonly string[],
  options: ClassifyOptions & RunOptions = {},
): AsyncGenerator<RunEvent<Classification>, void, void> {
  checkInput(text, labels, options.multi ?? false)
  checkScores('classify', model)
  return startRun('classify', options, async (run) => {
    run.propose(await classify(countedModel(run, model), text, labels, options))
    return 'answered'
  })
}

const moods = ['positive', 'negative', 'neutral']
const moodQuestion = 'Mood of the text'

/** Mood of a text. @throws as `classify` */
export async function sentiment(
  model: ScoringModel,
  text: string,
  options: Omit<ClassifyOptions, 'question' | 'multi'> = {},
): Promise<Classification> {
  return classify(model, text, moods, { ...options, question: moodQuestion })
}

/** `sentiment` as a run with a budget and events. @throws as `classifyEvents` */
export function sentimentEvents(
  model: LanguageModel,
  text: string,
  options: Omit<ClassifyOptions, 'question' | 'multi'> & RunOptions = {},
): AsyncGenerator<RunEvent<Classification>, void, void> {
  return classifyEvents(model, text, moods, { ...options, question: moodQuestion })
}

/** The model as a run sees it: what it scores is counted. */
function countedModel<C>(run: Run<C>, model: LanguageModel): ScoringModel {
  return {
    chat: model.chat.bind(model),
    scoreContinuations: (prompt, continuations) => run.score(model, prompt, continuations),
  }
}

function applyCalibration(calibration: Calibration, labels: readonly string[], scores: readonly number[]): number[] {
  return scores.map((score, index) => {
    const bias = calibration.biases[labels[index]]
    if (bias !== undefined) return score / calibration.temperature + bias
    const message = `classify: the calibration was fitted without the label ${JSON.stringify(labels[index])}. Fit it again.`
    throw new OstroError('invalid-argument', message, { label: labels[index] })
  })
}

function checkInput(text: string, labels: readonly string[], multi: boolean): void {
  if (text.trim() === '') {
    throw new OstroError('input-empty', 'classify: a text expected, got an empty one.')
  }
  const least = multi ? 1 : 2
  const empty = labels.some((label) => label.trim() === '' || label.includes('\n'))
  if (labels.length >= least && new Set(labels).size === labels.length && !empty) return
  const message = `classify: at least ${least} different labels of one line expected, got ${JSON.stringify(labels)}.`
  throw new OstroError('invalid-argument', message, { labels: labels.length })
}

export function softmax(scores: readonly number[]): number[] {
  const greatest = Math.max(...scores)
  const masses = scores.map((score) => Math.exp(score - greatest))
  const total = masses.reduce((sum, mass) => sum + mass, 0)
  return masses.map((mass) => mass / total)
}

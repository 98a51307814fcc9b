/**
 * Probabilities that mean what they say: a temperature and a bias for each label, fitted on labelled items (Guo et al. 2017, vector
 * scaling with one temperature), and how far probabilities are from the truth.
 */
import type { ScoringModel } from '../tools/scoring-model.ts'
import { OstroError } from '../util/error.ts'
import { type ClassifyOptions, type LabelledText, softmax } from './classify.ts'
import { labelScores } from './label-scores.ts'

/** Plain data: keep it as JSON beside the labels that it was fitted for. */
export interface Calibration {
  /** Above 0; more than 1 makes probabilities more even. */
  readonly temperature: number
  readonly biases: Readonly<Record<string, number>>
}

const leastItems = 20

/**
 * Fits a calibration for `classify` with the same labels and options.
 *
 * @param items at least 20, of all labels
 * @throws OstroError `invalid-argument` for fewer, or for a label without an item
 */
export async function fitCalibration(
  model: ScoringModel,
  items: readonly LabelledText[],
  labels: readonly string[],
  options: Omit<ClassifyOptions, 'calibration' | 'multi'> = {},
): Promise<Calibration> {
  const missing = labels.find((label) => !items.some((item) => item.label === label))
  const foreign = items.find((item) => !labels.includes(item.label))
  if (items.length < leastItems || missing !== undefined || foreign !== undefined) {
    const problem = foreign
      ? `one of ${JSON.stringify(foreign.label)}`
      : `${items.length}${missing ? `, none of ${JSON.stringify(missing)}` : ''}`
    const message = `fitCalibration: at least ${leastItems} items of the labels given expected, some of each, got ${problem}.`
    throw new OstroError('invalid-argument', message, { items: items.length })
  }
  const scores: number[][] = []
  // One after the other: each already scores its labels side by side.
  for (const { text } of items) scores.push(await labelScores(model, text, labels, options))
  const truth = items.map(({ label }) => labels.indexOf(label))
  const { temperature, biases } = fitScaling(scores, truth)
  return { temperature, biases: Object.fromEntries(labels.map((label, index) => [label, biases[index]])) }
}

/** Weight of the penalty on ln(temperature) and biases: with few items they stay near "no change". */
const ridge = 0.02
const rounds = 500
const learningRate = 0.1

/** Least cross-entropy of softmax(scores / temperature + biases), by gradient descent: the problem is convex in 1/temperature and biases. */
export function fitScaling(
  scores: readonly (readonly number[])[],
  truth: readonly number[],
): { readonly temperature: number; readonly biases: readonly number[] } {
  const count = scores[0].length
  // Scores of other models are in other units: 1 is their usual spread.
  const spread = Math.max(1e-6, mean(scores.map((row) => Math.max(...row) - Math.min(...row))))
  let slope = 1
  const biases = new Array<number>(count).fill(0)
  for (let round = 0; round < rounds; round++) {
    let slopeGradient = ridge * (slope - 1)
    const biasGradients = biases.map((bias) => ridge * bias)
    scores.forEach((row, item) => {
      softmax(row.map((score, label) => (slope * score) / spread + biases[label])).forEach((share, label) => {
        const error = (share - (label === truth[item] ? 1 : 0)) / scores.length
        slopeGradient += (error * row[label]) / spread
        biasGradients[label] += error
      })
    })
    // A slope of 0 or less would say that the model's opinion counts for nothing, or against.
    slope = Math.max(1e-3, slope - learningRate * slopeGradient * count)
    biasGradients.forEach((gradient, label) => (biases[label] -= learningRate * gradient * count))
  }
  return { temperature: spread / slope, biases }
}

/**
 * Expected calibration error: items in `bins` of equal width by the probability of the label that was chosen, mean distance between that
 * probability and the share that was right, weighted by the items of each bin (Naeini et al. 2015).
 */
export function calibrationError(
  chosen: readonly { readonly probability: number; readonly right: boolean }[],
  bins = 10,
): number {
  const groups = Map.groupBy(chosen, ({ probability }) => Math.min(bins - 1, Math.floor(probability * bins)))
  return [...groups.values()].reduce((sum, group) => {
    const distance = mean(group.map(({ probability }) => probability)) - mean(group.map(({ right }) => (right ? 1 : 0)))
    return sum + (group.length / chosen.length) * Math.abs(distance)
  }, 0)
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

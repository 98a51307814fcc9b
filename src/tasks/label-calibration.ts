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

/** Priors of a fit with few items: ln(temperature) within a factor of e^1.5 or so of "no change", biases within one nat. */
const temperatureSpread = 1.5
const biasSpread = 1
const rounds = 30
const biasSteps = 20

/**
 * The most probable temperature and biases of softmax(scores / temperature + biases), given the labels and the priors: the temperature by
 * search along its logarithm, the biases by gradient, in turns. The likelihood is concave in 1/temperature and the biases.
 */
export function fitScaling(
  scores: readonly (readonly number[])[],
  truth: readonly number[],
): { readonly temperature: number; readonly biases: readonly number[] } {
  const biases = new Array<number>(scores[0].length).fill(0)
  let logTemperature = 0
  for (let round = 0; round < rounds; round++) {
    logTemperature = leastOf((value) => lossOf(scores, truth, value, biases), logTemperature)
    const temperature = Math.exp(logTemperature)
    for (let step = 0; step < biasSteps; step++) {
      const gradients = biases.map((bias) => bias / biasSpread ** 2)
      scores.forEach((row, item) => {
        softmax(row.map((score, label) => score / temperature + biases[label])).forEach((share, label) => {
          gradients[label] += share - (label === truth[item] ? 1 : 0)
        })
      })
      // The curvature is at most half an item's, and the prior's.
      const stepSize = 1 / (scores.length / 2 + 1 / biasSpread ** 2)
      gradients.forEach((gradient, label) => (biases[label] -= stepSize * gradient))
    }
  }
  return { temperature: Math.exp(logTemperature), biases }
}

/** Minus the logarithm of what the fit maximises. */
function lossOf(
  scores: readonly (readonly number[])[],
  truth: readonly number[],
  logTemperature: number,
  biases: readonly number[],
): number {
  const temperature = Math.exp(logTemperature)
  const prior = (logTemperature / temperatureSpread) ** 2 / 2
  return scores.reduce((sum, row, item) => {
    const shares = softmax(row.map((score, label) => score / temperature + biases[label]))
    return sum - Math.log(Math.max(shares[truth[item]], Number.MIN_VALUE))
  }, prior)
}

const widestStep = 8
const goldenShare = (Math.sqrt(5) - 1) / 2
const goldenSteps = 40

/** The place of the least value around `from`, by golden section (Kiefer 1953). */
function leastOf(valueAt: (place: number) => number, from: number): number {
  let [low, high] = [from - widestStep, from + widestStep]
  let [left, right] = [high - goldenShare * (high - low), low + goldenShare * (high - low)]
  let [leftValue, rightValue] = [valueAt(left), valueAt(right)]
  for (let step = 0; step < goldenSteps; step++) {
    if (leftValue < rightValue) {
      ;[high, right, rightValue] = [right, left, leftValue]
      left = high - goldenShare * (high - low)
      leftValue = valueAt(left)
    } else {
      ;[low, left, leftValue] = [left, right, rightValue]
      right = low + goldenShare * (high - low)
      rightValue = valueAt(right)
    }
  }
  return (low + high) / 2
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

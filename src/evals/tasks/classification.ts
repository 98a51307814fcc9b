/**
 * Classification by probabilities against what people would write without it: the model is asked in plain words and its generated
 * answer is read. Same model, same items; and how honest the probabilities are, before and after a calibration fitted on other items.
 */
import { classify, type LabelledText } from '../../tasks/classify.ts'
import { calibrationError, fitCalibration } from '../../tasks/label-calibration.ts'
import type { LanguageModel } from '../../tools/language-model.ts'
import { OstroError } from '../../util/error.ts'
import { type ItemScore, type PairedReport, reportPaired } from '../paired-report.ts'

export interface ClassificationSet {
  readonly name: string
  /** The question as `classify` takes it: "Mood of the text". */
  readonly question: string
  readonly labels: readonly string[]
  readonly items: readonly LabelledText[]
}

export interface ClassificationReport extends PairedReport {
  readonly set: string
  readonly model: string
  /** Expected calibration error in 10 bins, over all items: each half judged by the calibration of the other. */
  readonly calibrationError: { readonly before: number; readonly after: number }
  /** Right of all with the fitted calibration. */
  readonly rightCalibrated: number
  readonly scores: readonly ItemScore[]
}

export async function evaluateClassification(
  model: LanguageModel,
  set: ClassificationSet,
  signal: AbortSignal,
): Promise<ClassificationReport> {
  const { items, labels, question } = set
  const options = { question, signal }
  const before = await inTurn(items, ({ text }) => classify(model, text, labels, options))
  const plain = await inTurn(items, ({ text }) => plainAnswer(model, text, set, signal))
  const halves = [items.filter((_, index) => index % 2 === 0), items.filter((_, index) => index % 2 === 1)]
  const calibrations = await inTurn(halves, (half) => fitCalibration(model, half, labels, options))
  const after = await inTurn(items, ({ text }, index) =>
    classify(model, text, labels, { ...options, calibration: calibrations[(index + 1) % 2] }),
  )
  const told = (results: typeof before) =>
    results.map((result, index) => ({
      probability: result.probabilities[result.labels[0]],
      right: result.labels[0] === items[index].label,
    }))
  const score = (method: string, label: string | undefined, index: number): ItemScore => ({
    item: `${set.name}-${index}`,
    method,
    seed: 0,
    score: label === items[index].label ? 1 : 0,
  })
  const scores = [
    ...before.map((result, index) => score('classify', result.labels[0], index)),
    ...plain.map((label, index) => score('plain answer', label, index)),
  ]
  return {
    ...reportPaired(scores, ['classify', 'plain answer'], 'plain answer'),
    set: set.name,
    model: model.id,
    calibrationError: { before: calibrationError(told(before)), after: calibrationError(told(after)) },
    rightCalibrated: told(after).filter(({ right }) => right).length,
    scores,
  }
}

/** The label that a greedy answer to a plain question names first; undefined where it names none. */
export async function plainAnswer(
  model: LanguageModel,
  text: string,
  { question, labels }: Pick<ClassificationSet, 'question' | 'labels'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const choices = labels.join(', ')
  const options = { temperature: 0, maxTokens: 12, seed: 0, signal }
  const events = model.can.chat
    ? model.chat(
        [{ role: 'user', content: `${text}\n\n${question}: ${choices}? Answer with one of them and nothing else.` }],
        options,
      )
    : model.stream(`Text: ${text}\n${question} (${choices}):`, options)
  let answer = ''
  for await (const event of events) {
    if (event.type === 'text-delta') answer += event.text
    if (event.type === 'end' && event.reason === 'aborted') throw new OstroError('aborted', 'eval: cancelled.')
  }
  return firstNamed(answer, labels)
}

function firstNamed(answer: string, labels: readonly string[]): string | undefined {
  const lower = answer.toLowerCase()
  const found = labels
    .map((label) => ({ label, at: lower.indexOf(label.toLowerCase()) }))
    .filter(({ at }) => at >= 0)
    // Of labels that begin at one place, such as "sport" and "sports", the longer one is meant.
    .toSorted((a, b) => a.at - b.at || b.label.length - a.label.length)
  return found[0]?.label
}

async function inTurn<T, R>(items: readonly T[], task: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const [index, item] of items.entries()) results.push(await task(item, index))
  return results
}

/**
 * ostro eval tasks: labels by probability against a plain generated answer on the same texts, and how honest the probabilities are;
 * and corrections, of sentences that need them and of sentences that do not.
 */
import { type ClassificationReport, evaluateClassification } from '../../../evals/tasks/classification.ts'
import {
  type CorrectionReport,
  evaluateCorrection,
  leastUnchanged,
  type ShareReport,
} from '../../../evals/tasks/correction.ts'
import { sentimentHeldOut } from '../../../evals/tasks/sentiment-held-out.ts'
import { sentimentSet } from '../../../evals/tasks/sentiment-set.ts'
import { topicHeldOut } from '../../../evals/tasks/topic-held-out.ts'
import { topicSet } from '../../../evals/tasks/topic-set.ts'
import { defaultModelName } from '../../../hub/index.ts'
import { usage } from '../../arguments.ts'
import { defineCommand } from '../../command.ts'
import { count, loadArgs, loadModel } from '../../model-options.ts'
import { formatTable } from '../../output.ts'

const sets = [sentimentSet, topicSet, sentimentHeldOut, topicHeldOut]
const correction = 'correction'
const names = [...sets.map(({ name }) => name), correction].join(', ')

export const command = defineCommand({
  args: {
    set: {
      type: 'positional',
      required: false,
      description: `${names}; default: all`,
    },
    model: { type: 'string', description: 'Name, URI or path', default: defaultModelName },
    limit: { type: 'string', description: 'Most texts of a set with labels; at least 40, for the calibration' },
    ...loadArgs,
  },
  run: async ({ args, output, signal }) => {
    const chosen = sets.filter(({ name }) => args.set === undefined || name === args.set)
    const corrects = args.set === undefined || args.set === correction
    if (chosen.length === 0 && !corrects) throw usage(`expected ${names}, got ${args.set}`)
    const limit = count('limit', args.limit)
    if (limit !== undefined && limit < leastTexts) throw usage(`expected --limit from ${leastTexts} on, got ${limit}`)
    await using model = await loadModel(args.model, args, output, signal)
    for (const set of chosen) {
      const { scores, ...report } = await evaluateClassification(
        model,
        { ...set, items: set.items.slice(0, limit) },
        signal,
      )
      output.print({ ...report, scores }, textOf(report))
    }
    if (!corrects) return
    const report = await evaluateCorrection(model, signal)
    output.print(report, textOfCorrection(report))
  },
})

/** Half of them fit a calibration. */
const leastTexts = 40

function textOf(report: Omit<ClassificationReport, 'scores'>): string {
  const { set, model, methods, pairs, calibrationError, rightCalibrated } = report
  const rows = methods.map(({ method, right, items, mean, interval }) => {
    const pair = pairs.find((other) => other.method === method)
    const difference = pair && `${points(pair.difference)} (${points(pair.interval[0])} to ${points(pair.interval[1])})`
    return [
      method,
      `${right} of ${items}`,
      percent(mean),
      interval.map(percent).join(' to '),
      difference ?? 'baseline',
      pair?.p.toFixed(4) ?? '',
    ]
  })
  const { before, after } = calibrationError
  return [
    `${set}, ${model}`,
    formatTable([['method', 'right', 'share', '95 %', 'difference, 95 %', 'McNemar p'], ...rows]),
    `expected calibration error ${before.toFixed(3)}, fitted on the other half ${after.toFixed(3)} (${rightCalibrated} right)`,
    '',
  ].join('\n')
}

function textOfCorrection({ model, unchanged, harmless, exact, changed }: CorrectionReport): string {
  const row = (what: string, { right, items, share, interval }: ShareReport): string[] => [
    what,
    `${right} of ${items}`,
    percent(share),
    interval.map(percent).join(' to '),
  ]
  return [
    `${correction}, ${model}`,
    formatTable([
      ['sentences', 'count', 'share', '95 %'],
      row('correct, left alone', unchanged),
      row('wrong, exactly corrected', exact),
      row('wrong, changed at all', changed),
    ]),
    `${harmless ? 'enough' : 'too few'} of the correct ones left alone: ${percent(leastUnchanged)} are needed`,
    '',
  ].join('\n')
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

const points = (difference: number): string => `${difference < 0 ? '−' : '+'}${(100 * Math.abs(difference)).toFixed(1)}`

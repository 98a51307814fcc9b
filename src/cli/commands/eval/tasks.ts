/** ostro eval tasks: labels by probability against a plain generated answer on the same texts, and how honest the probabilities are. */
import { type ClassificationReport, evaluateClassification } from '../../../evals/tasks/classification.ts'
import { sentimentSet } from '../../../evals/tasks/sentiment-set.ts'
import { topicSet } from '../../../evals/tasks/topic-set.ts'
import { defaultModelName } from '../../../hub/index.ts'
import { usage } from '../../arguments.ts'
import { defineCommand } from '../../command.ts'
import { count, loadArgs, loadModel } from '../../model-options.ts'
import { formatTable } from '../../output.ts'

const sets = [sentimentSet, topicSet]

export const command = defineCommand({
  args: {
    set: {
      type: 'positional',
      required: false,
      description: `${sets.map(({ name }) => name).join(', ')}; default: all`,
    },
    model: { type: 'string', description: 'Name, URI or path', default: defaultModelName },
    limit: { type: 'string', description: 'Most texts of a set; at least 40, for the calibration' },
    ...loadArgs,
  },
  run: async ({ args, output, signal }) => {
    const chosen = sets.filter(({ name }) => args.set === undefined || name === args.set)
    if (chosen.length === 0) throw usage(`expected ${sets.map(({ name }) => name).join(', ')}, got ${args.set}`)
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

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

const points = (difference: number): string => `${difference < 0 ? '−' : '+'}${(100 * Math.abs(difference)).toFixed(1)}`

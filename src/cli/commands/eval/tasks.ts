/**
 * ostro eval tasks: labels by probability against a plain generated answer on the same texts, and how honest the probabilities are;
 * corrections, of sentences that need them and of sentences that do not; which sentences a text supports; and every other task against
 * the plain prompt of the same model.
 */
import { type ClassificationReport, evaluateClassification } from '../../../evals/tasks/classification.ts'
import {
  correctionSet,
  type CorrectionReport,
  evaluateCorrection,
  halfOf,
  leastUnchanged,
  type ShareReport,
} from '../../../evals/tasks/correction.ts'
import { textSuites } from '../../../evals/tasks/index.ts'
import { sentimentHeldOut } from '../../../evals/tasks/sentiment-held-out.ts'
import { sentimentSet } from '../../../evals/tasks/sentiment-set.ts'
import { evaluateSupport, type SupportReport, type SupportShare } from '../../../evals/tasks/support.ts'
import type { Half, SuiteReport, SuiteVerdict } from '../../../evals/tasks/text-suite.ts'
import { topicHeldOut } from '../../../evals/tasks/topic-held-out.ts'
import { topicSet } from '../../../evals/tasks/topic-set.ts'
import { defaultModelName } from '../../../hub/index.ts'
import { usage } from '../../arguments.ts'
import { defineCommand } from '../../command.ts'
import { loadEncoder } from '../../encoder-options.ts'
import { count, loadArgs, loadModel } from '../../model-options.ts'
import { formatTable } from '../../output.ts'

const sets = [sentimentSet, topicSet, sentimentHeldOut, topicHeldOut]
const correction = 'correction'
/** Needs no language model: what a summary may say is checked by code. */
const support = 'support'
const names = [...sets, ...textSuites].map(({ name }) => name).concat(correction, support)
const halves: readonly string[] = ['development', 'held-out'] satisfies readonly Half[]

export const command = defineCommand({
  args: {
    set: {
      type: 'positional',
      required: false,
      description: `${names.join(', ')}; default: all`,
    },
    model: { type: 'string', description: 'Name, URI or path', default: defaultModelName },
    limit: { type: 'string', description: 'Most texts of a set; at least 40 of sets with labels, for the calibration' },
    half: { type: 'string', description: `${halves.join(' or ')}, of sets that have them; default: both` },
    encoder: { type: 'string', description: 'Sentence encoder, such as minilm:l6, for tasks that can use one' },
    ...loadArgs,
  },
  run: async ({ args, output, signal }) => {
    if (args.set !== undefined && !names.includes(args.set)) {
      throw usage(`expected ${names.join(', ')}, got ${args.set}`)
    }
    const isChosen = (name: string): boolean => args.set === undefined || name === args.set
    const labelled = sets.filter(({ name }) => isChosen(name))
    const limit = count('limit', args.limit)
    if (limit !== undefined && limit < (labelled.length > 0 ? leastTexts : 1)) {
      throw usage(`expected --limit from ${labelled.length > 0 ? leastTexts : 1} on, got ${limit}`)
    }
    if (args.half !== undefined && !halves.includes(args.half)) {
      throw usage(`expected --half ${halves.join(' or ')}, got ${args.half}`)
    }
    const half = args.half as Half | undefined
    await using encoder =
      args.encoder === undefined
        ? undefined
        : await loadEncoder(args.encoder, { threads: args.threads }, output, signal)
    if (isChosen(support)) {
      const reports = await evaluateSupport(encoder, half, signal)
      for (const report of reports) output.print({ set: support, ...report }, textOfSupport(report))
    }
    if (args.set === support) return
    await using model = await loadModel(args.model, args, output, signal)
    for (const set of labelled) {
      const { scores, ...report } = await evaluateClassification(
        model,
        { ...set, items: set.items.slice(0, limit) },
        signal,
      )
      output.print({ ...report, scores }, textOf(report))
    }
    for (const suite of textSuites.filter(({ name }) => isChosen(name))) {
      const onVerdict = (verdict: SuiteVerdict): void => output.print(verdict, textOfVerdict(verdict))
      const { verdicts: _, ...report } = await suite.evaluate(model, { encoder, half, limit, onVerdict, signal })
      output.print(report, textOfSuite(report))
    }
    if (!isChosen(correction)) return
    const report = await evaluateCorrection(model, signal, halfOf(correctionSet, half))
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

function textOfVerdict({ item, method, scores, error }: SuiteVerdict): string {
  const told = Object.entries(scores).flatMap(([name, score]) =>
    score === undefined ? [] : [`${name} ${Number(score.toFixed(2))}`],
  )
  return `${item}: ${method}: ${told.join(', ')}${error === undefined ? '' : ` (${error})`}`
}

function textOfSuite({ set, model, half, measures }: Omit<SuiteReport, 'verdicts'>): string {
  const rows = measures.flatMap(({ measure, methods, pairs }) =>
    methods.map(({ method, items, right, mean }, at) => {
      const pair = pairs.find((other) => other.method === method)
      const difference =
        pair && `${points(pair.difference)} (${points(pair.interval[0])} to ${points(pair.interval[1])})`
      return [
        at === 0 ? measure : '',
        method,
        percent(mean),
        `${right} of ${items}`,
        difference ?? 'baseline',
        pair?.p.toFixed(4) ?? '',
      ]
    }),
  )
  const heads = ['measure', 'method', 'mean', 'wholly right', 'difference, 95 %', 'McNemar p']
  const meanings = measures.map(({ measure, meaning }) => `${measure}: ${meaning}`)
  return [
    `${set}, ${model}, ${half === 'both' ? 'both halves' : half}`,
    formatTable([heads, ...rows]),
    ...meanings,
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

function textOfSupport({ method, kept, refused }: SupportReport): string {
  const told = ({ right, items, interval }: SupportShare): string =>
    `${right} of ${items} (${interval.map(percent).join(' to ')})`
  return `${support}, by ${method}: kept ${told(kept)} of the supported, refused ${told(refused)} of the others`
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

const points = (difference: number): string => `${difference < 0 ? '−' : '+'}${(100 * Math.abs(difference)).toFixed(1)}`

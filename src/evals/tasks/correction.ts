/**
 * Corrections by two counts that pull against each other: sentences that are right must stay as they are, and of those that are wrong as
 * many as possible should become exactly the right one.
 */
import { correct } from '../../tasks/correct.ts'
import type { LanguageModel } from '../../tools/language-model.ts'
import { OstroError } from '../../util/error.ts'
import { wilsonInterval } from '../statistics.ts'
import { mapAtOnce } from './at-once.ts'
import { correctSentences, type WrongSentence, wrongSentences } from './correction-set.ts'
import type { Half } from './text-suite.ts'

export interface CorrectionSet {
  readonly correct: readonly string[]
  readonly wrong: readonly WrongSentence[]
}

export interface ShareReport {
  readonly right: number
  readonly items: number
  readonly share: number
  /** Wilson, 95 %. */
  readonly interval: readonly [low: number, high: number]
}

export interface CorrectionReport {
  readonly model: string
  /** Correct sentences that were left alone. */
  readonly unchanged: ShareReport
  /** Whether `unchanged` is at least `leastUnchanged`. */
  readonly harmless: boolean
  /** Wrong sentences that became exactly the right one. */
  readonly exact: ShareReport
  /** Wrong sentences that were changed at all. */
  readonly changed: ShareReport
  readonly outputs: readonly CorrectionOutput[]
}

export interface CorrectionOutput {
  readonly text: string
  readonly expected: string
  readonly output: string
}

/** The sentences in turn: those on which edits were chosen, and the others. */
export function halfOf({ correct: unspoilt, wrong }: CorrectionSet, half: Half | undefined): CorrectionSet {
  const isIn = (_: unknown, index: number): boolean =>
    half === undefined || (index % 2 === 0) === (half === 'development')
  return { correct: unspoilt.filter(isIn), wrong: wrong.filter(isIn) }
}

export const correctionSet: CorrectionSet = { correct: correctSentences, wrong: wrongSentences }

/** Share of correct sentences that a correction has to leave alone. */
export const leastUnchanged = 0.98

export async function evaluateCorrection(
  model: LanguageModel,
  signal: AbortSignal,
  set: CorrectionSet = correctionSet,
): Promise<CorrectionReport> {
  const pairs = [...set.correct.map((text) => ({ wrong: text, right: text })), ...set.wrong]
  const outputs = await mapAtOnce(pairs, model.slots, async ({ wrong, right }): Promise<CorrectionOutput> => {
    const { text, reason } = await correct(model, wrong, { signal })
    // A run that was ended gives back what there was so far: here that would count as left alone.
    if (reason !== 'answered') throw new OstroError('aborted', `correction: a sentence was not finished: ${reason}.`)
    return { text: wrong, expected: right, output: text }
  })
  const ofCorrect = outputs.slice(0, set.correct.length)
  const ofWrong = outputs.slice(set.correct.length)
  const unchanged = shareOf(ofCorrect, ({ text, output }) => output === text)
  return {
    model: model.id,
    unchanged,
    harmless: unchanged.share >= leastUnchanged,
    exact: shareOf(ofWrong, ({ expected, output }) => output === expected),
    changed: shareOf(ofWrong, ({ text, output }) => output !== text),
    outputs,
  }
}

function shareOf(outputs: readonly CorrectionOutput[], holds: (output: CorrectionOutput) => boolean): ShareReport {
  const right = outputs.filter(holds).length
  const items = outputs.length
  return { right, items, share: right / items, interval: wilsonInterval(right, items) }
}

/**
 * Suites of tasks with texts: every method works on the same labelled items, code scores what comes out, and each measure is compared item
 * by item with the plain prompt of the same model.
 */
import type { LanguageModel } from '../../tools/language-model.ts'
import type { SentenceEncoder } from '../../tools/steps/step.ts'
import { OstroError } from '../../util/error.ts'
import { type PairedReport, reportPaired } from '../paired-report.ts'
import { mapAtOnce } from './at-once.ts'

/** Whoever changes a task looks at the development items; the others say what the change is worth. */
export type Half = 'development' | 'held-out'

export interface SuiteItem {
  readonly id: string
  readonly half: Half
}

export interface SuiteContext {
  readonly model: LanguageModel
  /** Lent to tasks that can use one. */
  readonly encoder?: SentenceEncoder | undefined
  readonly signal: AbortSignal
}

export interface SuiteDefinition<Item extends SuiteItem, Output, Measure extends string> {
  readonly name: string
  readonly items: readonly Item[]
  /** What each measure counts; all go from 0 to 1, and 1 is right. */
  readonly measures: Readonly<Record<Measure, string>>
  /** By name; the first is the task, `plainMethod` is the baseline, any further is shown beside them. */
  readonly methods: Readonly<Record<string, (item: Item, context: SuiteContext) => Promise<Output>>>
  /**
   * Of a measure that does not concern an item (whatever a method did with it), undefined.
   * @param output undefined where the method gave up with an error
   */
  readonly score: (item: Item, output: Output | undefined) => Readonly<Record<Measure, number | undefined>>
  /** What was expected, for the list of verdicts. */
  readonly expected: (item: Item) => unknown
}

export interface SuiteVerdict {
  readonly item: string
  readonly half: Half
  readonly method: string
  readonly scores: Readonly<Record<string, number | undefined>>
  readonly output: unknown
  readonly expected: unknown
  /** Code of the error with which the method gave up: it counts as an answer that is wrong. */
  readonly error: string | undefined
}

export interface MeasureReport extends PairedReport {
  readonly measure: string
  readonly meaning: string
}

export interface SuiteReport {
  readonly set: string
  readonly model: string
  readonly half: Half | 'both'
  readonly measures: readonly MeasureReport[]
  readonly verdicts: readonly SuiteVerdict[]
}

export interface SuiteOptions extends Omit<SuiteContext, 'model'> {
  /** Default: both halves. */
  readonly half?: Half | undefined
  /** Most items. Default: all. */
  readonly limit?: number | undefined
  /** Told as they come. */
  readonly onVerdict?: ((verdict: SuiteVerdict) => void) | undefined
}

export interface TextSuite {
  readonly name: string
  readonly items: readonly SuiteItem[]
  /** @throws OstroError `aborted`, and whatever is no failure of one item */
  readonly evaluate: (model: LanguageModel, options: SuiteOptions) => Promise<SuiteReport>
}

export const plainMethod = 'plain prompt'

export function defineSuite<Item extends SuiteItem, Output, Measure extends string>(
  definition: SuiteDefinition<Item, Output, Measure>,
): TextSuite {
  const { name, items } = definition
  return {
    name,
    items,
    evaluate: async (model, { half, limit, onVerdict, ...context }) => {
      const chosen = items.filter((item) => half === undefined || item.half === half).slice(0, limit)
      const judged = await mapAtOnce(chosen, model.slots, async (item) => {
        const own: SuiteVerdict[] = []
        for (const method of Object.keys(definition.methods)) {
          const verdict = await judge(definition, item, method, { ...context, model })
          own.push(verdict)
          onVerdict?.(verdict)
        }
        return own
      })
      const verdicts = judged.flat()
      return {
        set: name,
        model: model.id,
        half: half ?? 'both',
        measures: reportMeasures(definition, verdicts),
        verdicts,
      }
    },
  }
}

/** Ends of one item that are the model's fault: no usable answer, or an answer without end. */
const ownFailures: readonly string[] = ['no-candidate', 'context-overflow', 'budget-reached']

async function judge<Item extends SuiteItem, Output, Measure extends string>(
  { methods, score, expected }: SuiteDefinition<Item, Output, Measure>,
  item: Item,
  method: string,
  context: SuiteContext,
): Promise<SuiteVerdict> {
  let output: Output | undefined
  let error: string | undefined
  try {
    output = await methods[method](item, context)
  } catch (thrown) {
    if (!(thrown instanceof OstroError) || !ownFailures.includes(thrown.code)) throw thrown
    error = thrown.code
  }
  const scores = score(item, output)
  return { item: item.id, half: item.half, method, scores, output, expected: expected(item), error }
}

function reportMeasures<Item extends SuiteItem, Output, Measure extends string>(
  { measures, methods }: SuiteDefinition<Item, Output, Measure>,
  verdicts: readonly SuiteVerdict[],
): MeasureReport[] {
  return Object.entries<string>(measures).flatMap(([measure, meaning]) => {
    const concerned = verdicts.filter(({ scores }) => scores[measure] !== undefined)
    if (concerned.length === 0) return []
    const scores = concerned.map(({ item, method, scores: own }) => ({ item, method, seed: 0, score: own[measure] }))
    return [{ measure, meaning, ...reportPaired(scores, Object.keys(methods), plainMethod) }]
  })
}

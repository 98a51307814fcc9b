/**
 * ostro eval bfcl: how many function calls a model gets right, by category of the Berkeley Function-Calling Leaderboard's
 * single-turn items, greedy. Categories stand by name; they are not added up to a score that the leaderboard does not have.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  categories,
  type Category,
  evaluateItem,
  type ItemResult,
  type Mode,
  modes,
  readDataSet,
  reportCategory,
  type CategoryReport,
  type BfclItem,
} from '../../../evals/bfcl/index.ts'
import { defaultModelName } from '../../../hub/index.ts'
import type { Model } from '../../../index.ts'
import { OstroError } from '../../../util/error.ts'
import { usage } from '../../arguments.ts'
import { defineCommand } from '../../command.ts'
import { count, loadArgs, loadModel } from '../../model-options.ts'
import { formatTable, type Output } from '../../output.ts'

export const command = defineCommand({
  args: {
    data: { type: 'string', description: 'Folder with a .jsonl file per category', default: '../shared/data/bfcl-dev' },
    model: { type: 'string', description: 'Name, URI or path', default: defaultModelName },
    mode: { type: 'string', description: 'prompt (unconstrained), universal or native; default: what users get' },
    limit: { type: 'string', description: 'Most items of a category, spread over it' },
    category: { type: 'string', description: 'Only this one, or several joined by commas' },
    items: { type: 'boolean', description: 'Also the verdict of each item' },
    parallel: { type: 'string', description: 'Items asked at once, 1 to 16; the answers are the same', default: '8' },
    ...loadArgs,
  },
  run: async ({ args, output, signal }) => {
    const mode = modes.find((known) => known === args.mode)
    if (args.mode !== undefined && mode === undefined)
      throw usage(`expected --mode ${modes.join(', ')}, got ${args.mode}`)
    const parallel = count('parallel', args.parallel) ?? 1
    if (parallel < 1 || parallel > mostParallel)
      throw usage(`expected --parallel from 1 to ${mostParallel}, got ${parallel}`)
    const sets = await readSets(args.data, wantedCategories(args.category), count('limit', args.limit))
    await using model = await loadModel(args.model, args, output, signal)
    const reports: CategoryReport[] = []
    for (const [category, items] of sets) {
      const started = performance.now()
      const results = await evaluate(model, items, mode, { output, signal, each: args.items === true, parallel })
      const report = reportCategory(category, results, (performance.now() - started) / 1000)
      reports.push(report)
      output.print({ model: args.model, mode: mode ?? 'default', ...report }, lineOf(report))
    }
    if (!output.json && reports.length > 1) output.print(reports, `\n${tableOf(reports)}`)
  },
})

function wantedCategories(names: string | undefined): readonly Category[] {
  if (names === undefined) return categories
  return names.split(',').map((name) => {
    const known = categories.find((category) => category === name.trim())
    if (known === undefined) throw usage(`expected --category of ${categories.join(', ')}, got ${name}`)
    return known
  })
}

/** The categories that the folder has, each with its items. @throws OstroError `not-found` where it has none of them */
async function readSets(
  folder: string,
  wanted: readonly Category[],
  limit: number | undefined,
): Promise<[Category, BfclItem[]][]> {
  const sets: [Category, BfclItem[]][] = []
  for (const category of wanted) {
    const text = await readIfThere(join(folder, `${category}.jsonl`))
    if (text !== undefined) sets.push([category, spread(readDataSet(category, text), limit)])
  }
  if (sets.length > 0) return sets
  throw new OstroError('not-found', `eval: ${folder} has no file ${wanted.join('.jsonl or ')}.jsonl. Give --data.`, {
    folder,
  })
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Items of a file stand in groups that are alike, so a part is taken from everywhere. */
function spread(items: BfclItem[], limit: number | undefined): BfclItem[] {
  if (limit === undefined || limit >= items.length) return items
  return Array.from({ length: limit }, (_, index) => items[Math.floor((index * items.length) / limit)])
}

interface EvaluationContext {
  readonly output: Output
  readonly signal: AbortSignal
  readonly each: boolean
  readonly parallel: number
}

/** As many sequences as a model holds by default. */
const mostParallel = 16

async function evaluate(
  model: Model,
  items: readonly BfclItem[],
  mode: Mode | undefined,
  { output, signal, each, parallel }: EvaluationContext,
): Promise<ItemResult[]> {
  const results: ItemResult[] = []
  const waiting = [...items]
  const work = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      const { id, category } = item
      const { fault, usage } = await evaluateItem(model, item, mode, signal)
      results.push({ id, category, fault, promptTokens: usage.promptTokens, generatedTokens: usage.generatedTokens })
      if (!each) continue
      const value = { id, right: fault === undefined, fault: fault?.kind, message: fault?.message }
      output.print(value, `${id}: ${fault === undefined ? 'right' : `${fault.kind}, ${fault.message}`}`)
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
  return results
}

function lineOf(report: CategoryReport): string {
  const faults = Object.entries(report.faults).map(([kind, times]) => `${kind} ${times}`)
  const { items, right, interval, seconds } = report
  const why = faults.length === 0 ? '' : ` (${faults.join(', ')})`
  return `${report.category}: ${right} of ${items}, ${percent(report.share)} ${range(interval)}, ${seconds.toFixed(0)} s${why}`
}

function tableOf(reports: readonly CategoryReport[]): string {
  const rows = reports.map((report) => [
    report.category,
    String(report.items),
    String(report.right),
    percent(report.share),
    range(report.interval),
    String(report.promptTokens),
    String(report.generatedTokens),
    `${report.seconds.toFixed(0)} s`,
  ])
  return formatTable([['category', 'items', 'right', 'share', '95 %', 'prompt tokens', 'generated', 'time'], ...rows])
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

const range = ([low, high]: readonly [number, number]): string => `${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)}`

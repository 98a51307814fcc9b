/**
 * Agents on the same tasks with the same tokens: each method gets a budget of so many tokens per task, as a server without memory would
 * bill them, and a grader that no agent can ask says afterwards what was solved.
 */
import type { LanguageModel } from '../../tools/language-model.ts'
import type { Spent } from '../../tools/steps/budget.ts'
import type { RunOptions } from '../../tools/steps/run.ts'
import type { RunEndReason, RunEvent, RunResult, RunWarning } from '../../tools/steps/run-event.ts'
import { OstroError } from '../../util/error.ts'
import { type PairedReport, reportPaired } from '../paired-report.ts'

/** A method runs a task and streams events; the last one is `run-end`. */
export type Method = (model: LanguageModel, options: RunOptions) => AsyncIterable<RunEvent<unknown>>

export interface BenchmarkItem {
  readonly id: string
  /** By name; the same names in all items of a benchmark. */
  readonly methods: Readonly<Record<string, Method>>
  /** 0 to 1; 1 is solved. Called when the run has ended. Of no candidate it is 0 and not asked. */
  readonly grade: (candidate: unknown, signal: AbortSignal) => number | Promise<number>
}

export interface Benchmark {
  readonly name: string
  /** One sentence: what the tasks are, and who judges. */
  readonly description: string
  /** What the others are compared with. */
  readonly baseline: string
  /** The same items for the same seed. */
  readonly items: (count: number, seed: number) => BenchmarkItem[] | Promise<BenchmarkItem[]>
}

export interface AgentOutcome {
  readonly benchmark: string
  readonly item: string
  readonly method: string
  readonly seed: number
  readonly score: number
  readonly reason: RunEndReason
  readonly verified: boolean
  readonly spent: Spent
  readonly warnings: readonly RunWarning[]
  /** The events but for those of single tokens. */
  readonly trace: readonly RunEvent<unknown>[]
}

export interface EvaluateAgentsOptions {
  readonly items: number
  readonly methods?: readonly string[] | undefined
  /** Tokens for each task and method. */
  readonly tokens: number
  readonly seeds: readonly number[]
  readonly signal: AbortSignal
  readonly now: () => number
}

export interface AgentReport extends PairedReport {
  readonly benchmark: string
  readonly model: string
  readonly tokens: number
  /** Means by method. */
  readonly spent: Readonly<Record<string, Pick<Spent, 'tokensSeen' | 'tokensComputed' | 'wallMs' | 'modelCalls'>>>
}

/** Runs every method on every item; tells each outcome as it comes. @throws OstroError `not-found` for methods it does not have */
export async function* evaluateAgents(
  model: LanguageModel,
  benchmark: Benchmark,
  options: EvaluateAgentsOptions,
): AsyncGenerator<AgentOutcome, void, void> {
  const items = await benchmark.items(options.items, options.seeds[0] ?? 0)
  const methods = chosenMethods(benchmark, items, options.methods)
  for (const item of items) {
    for (const seed of options.seeds) {
      for (const method of methods) yield runItem(model, benchmark, item, method, seed, options)
    }
  }
}

async function runItem(
  model: LanguageModel,
  { name }: Benchmark,
  item: BenchmarkItem,
  method: string,
  seed: number,
  { tokens, signal, now }: EvaluateAgentsOptions,
): Promise<AgentOutcome> {
  const trace: RunEvent<unknown>[] = []
  let result: RunResult<unknown> | undefined
  for await (const event of item.methods[method](model, { budget: { tokens }, seed, signal, now })) {
    if (event.type === 'run-end') result = event.result
    if (!isOfTokens(event)) trace.push(event)
  }
  signal.throwIfAborted()
  if (result === undefined) throw new OstroError('device', `eval: ${method} ended without a result on ${item.id}.`)
  const { best, reason, verified, spent, warnings } = result
  const score = best === undefined ? 0 : await item.grade(best, signal)
  return { benchmark: name, item: item.id, method, seed, score, reason, verified, spent, warnings, trace }
}

const tokenEvents = new Set(['text-delta', 'reasoning-delta', 'tool-call-delta', 'prefill-progress', 'budget-update'])

const isOfTokens = ({ type }: RunEvent<unknown>): boolean => tokenEvents.has(type)

function chosenMethods(
  { name, baseline }: Benchmark,
  items: readonly BenchmarkItem[],
  wanted: readonly string[] | undefined,
): readonly string[] {
  const known = Object.keys(items[0]?.methods ?? {})
  if (wanted === undefined) return known
  const unknown = wanted.find((method) => !known.includes(method))
  if (unknown !== undefined) {
    throw new OstroError('not-found', `eval: ${name} has the methods ${known.join(', ')}, not ${unknown}.`, { unknown })
  }
  return known.filter((method) => method === baseline || wanted.includes(method))
}

/** @throws OstroError `invalid-argument` where an item lacks a method's outcome */
export function reportAgents(
  outcomes: readonly AgentOutcome[],
  { model, benchmark, tokens }: { readonly model: string; readonly benchmark: Benchmark; readonly tokens: number },
): AgentReport {
  const methods = [...new Set(outcomes.map(({ method }) => method))]
  const units = ['tokensSeen', 'tokensComputed', 'wallMs', 'modelCalls'] as const
  const spent = methods.map((method) => {
    const own = outcomes.filter((outcome) => outcome.method === method)
    const mean = (unit: (typeof units)[number]): number =>
      Math.round(own.reduce((sum, outcome) => sum + outcome.spent[unit], 0) / own.length)
    return [method, Object.fromEntries(units.map((unit) => [unit, mean(unit)]))] as const
  })
  return {
    ...reportPaired(outcomes, methods, benchmark.baseline),
    benchmark: benchmark.name,
    model,
    tokens,
    spent: Object.fromEntries(spent) as AgentReport['spent'],
  }
}

/**
 * The search: keeps p iterations in flight and applies them in the order in which they began, so that a run depends on its seed and on p
 * alone, not on which answer is faster.
 */
import type { RunEndReason } from '../../tools/steps/run-event.ts'
import { type AppliedChanges, apply, enter } from './apply.ts'
import { iterate, type IssuedIteration, type IterateSettings, type IterationRecord } from './iterate.ts'
import type { SearchTree } from './node.ts'
import type { ValueSource } from './presets.ts'
import type { SearchRules } from './rules.ts'
import { rowOf, rowsOf, type SearchStore } from './rows.ts'
import { select } from './select.ts'
import { isValueUninformative } from './value-correlation.ts'
import type { SearchWorld } from './world.ts'

export interface SearchSettings extends IterateSettings {
  readonly value: ValueSource
  readonly widen: boolean
  /** k: most iterations, rollouts among them. */
  readonly iterations: number
  /** Share of the budget that goes first to plain rollouts. */
  readonly hedge: number
  /** What the whole budget is, for `hedge`. */
  readonly limits: { readonly modelCalls?: number | undefined; readonly tokens?: number | undefined }
  /** p: iterations in flight. */
  readonly parallel: number
  /** Ends after this many iterations without a better leaf. */
  readonly plateau?: number | undefined
}

export interface SearchParts<A> {
  readonly world: SearchWorld<A>
  readonly tree: SearchTree
  readonly settings: SearchSettings
  readonly rules: SearchRules
  readonly store?: SearchStore | undefined
  /** Iterations that were in flight when the search was killed. */
  readonly inFlight?: readonly IssuedIteration[] | undefined
  /** Told of each applied iteration. */
  readonly onApply?: ((changes: AppliedChanges) => void) | undefined
}

interface Flight {
  readonly issued: IssuedIteration
  readonly record: Promise<IterationRecord>
}

/** @throws what breaks an iteration off, `budget-reached` among it; what it had found is in the tree then, but not in the store */
export async function search<A>(parts: SearchParts<A>): Promise<RunEndReason> {
  const { world, tree, settings, rules, store, onApply } = parts
  const flights: Flight[] = []
  const begin = (issued: IssuedIteration): void => {
    enter(tree, issued)
    flights.push({ issued, record: iterate(world, tree, issued, settings) })
  }
  const beginMore = (): void => {
    for (let next = issueNext(tree, settings, rules, flights); next; next = issueNext(tree, settings, rules, flights)) {
      tree.issued++
      begin(next)
    }
  }
  const commit = (rows: ReturnType<typeof rowsOf>): void | Promise<void> => {
    const { issued, applied, cost, valueDistrusted } = tree
    const inFlight = flights.map((flight) => flight.issued)
    const told = { rows, inFlight, issued, applied, cost: { ...cost } }
    return store?.commit(valueDistrusted ? { ...told, valueDistrusted } : told)
  }
  const passedBefore = tree.nodes.some(({ verdict }) => verdict?.passed === true)
  if (passedBefore) return 'passed'
  for (const issued of parts.inFlight ?? []) begin(issued)
  const isNew = tree.issued === 0
  beginMore()
  if (isNew && store !== undefined) await commit(rowsOf(tree))

  let best: number | undefined
  let withoutBetter = 0
  for (let flight = flights.shift(); flight !== undefined; flight = flights.shift()) {
    const record = await flight.record
    const changes = apply(tree, flight.issued, record, { rules, ...settings })
    if (settings.value === 'checked') tree.valueDistrusted ||= isValueUninformative(tree.nodes)
    const passed = changes.created.some(({ verdict }) => verdict?.passed === true)
    if (!passed && record.failure === undefined) beginMore()
    if (store !== undefined && (passed || record.failure === undefined)) {
      await commit([...changes.touched].map((node) => rowOf(node, tree)))
    }
    onApply?.(changes)
    if (passed) return 'passed'
    if (record.failure !== undefined) throw record.failure
    const better = changes.created.filter(({ verdict }) => verdict !== undefined && verdict.score > (best ?? -1))
    if (better.length > 0) best = Math.max(...better.map(({ verdict }) => verdict?.score ?? 0))
    withoutBetter = better.length > 0 ? 0 : withoutBetter + 1
    if (settings.plateau !== undefined && withoutBetter >= settings.plateau) return 'plateau'
  }
  return tree.root.exhausted ? 'exhausted' : 'budget-rounds'
}

/** The next iteration, if one may begin now. */
function issueNext(
  tree: SearchTree,
  settings: SearchSettings,
  rules: SearchRules,
  flights: readonly Flight[],
): IssuedIteration | undefined {
  const iteration = tree.issued
  if (iteration >= settings.iterations) return undefined
  const reflections = tree.reflections.length
  if (isHedging(tree, settings, flights.length)) {
    // What a rollout costs is not known before the first ones have ended.
    const most = tree.applied === 0 ? settings.parallel : settings.parallel * settings.samples
    if (flights.length >= most) return undefined
    return { iteration, kind: 'rollout', node: tree.root.id, expansion: 0, known: 0, reflections }
  }
  if (flights.length >= settings.parallel) return undefined
  const node = select(tree.root, rules, settings.widen)
  if (node === 'wait' || node === 'exhausted') return undefined
  const expansion = node.expansions + node.expansionsInFlight
  const kind = settings.value === 'outcomes' || tree.valueDistrusted ? 'outcome' : 'search'
  return { iteration, kind, node: node.id, expansion, known: node.children.length, reflections }
}

/** While this is so, all iterations so far were rollouts. */
function isHedging(
  { issued, applied, cost }: SearchTree,
  { hedge, limits, iterations }: SearchSettings,
  inFlight: number,
): boolean {
  if (hedge === 0) return false
  const { modelCalls = Infinity, tokens = Infinity } = limits
  const expected = 1 + inFlight / Math.max(1, applied)
  const spent = Math.max(cost.modelCalls / modelCalls, cost.tokens / tokens) * expected
  return issued / iterations < hedge && spent < hedge
}

/** Runs the search of `lats` over a world of our own, and the rules that published searches had by mistake. */
import { createTree, type SearchNode, type SearchTree } from '../../../src/agents/lats/node.ts'
import { searchPresets } from '../../../src/agents/lats/presets.ts'
import type { SearchStore } from '../../../src/agents/lats/rows.ts'
import { blendedValue, type RuleSettings, type SearchRules, searchRules } from '../../../src/agents/lats/rules.ts'
import { search, type SearchSettings } from '../../../src/agents/lats/search.ts'
import type { SearchWorld } from '../../../src/agents/lats/world.ts'
import type { RunEndReason } from '../../../src/tools/steps/run-event.ts'
import { OstroError } from '../../../src/util/error.ts'
import type { JsonValue } from '../../../src/util/json.ts'

export type WorldSettings = Partial<SearchSettings & RuleSettings>

export interface WorldSearch {
  readonly tree: SearchTree
  readonly reason: RunEndReason
}

export async function runSearch<A>(
  world: SearchWorld<A>,
  start: JsonValue,
  settings: WorldSettings = {},
  parts: { readonly rules?: SearchRules | undefined; readonly store?: SearchStore | undefined } = {},
): Promise<WorldSearch> {
  const plain = { hedge: 0, iterations: Infinity, simulate: true, reflections: 0, parallel: 1, limits: {} }
  const all = { ...searchPresets.default, ...plain, ...settings }
  const tree = createTree(start)
  const { rules = searchRules(all), store } = parts
  try {
    return { tree, reason: await search({ world, tree, rules, settings: all, store }) }
  } catch (error) {
    if (error instanceof OstroError && error.code === 'budget-reached') return { tree, reason: 'budget-modelCalls' }
    throw error
  }
}

/** D1: what is a mean already is divided by visits again, so that often visited nodes look bad and the search goes everywhere. */
export function twiceDividedValue(priorWeight: number): SearchRules['value'] {
  const value = blendedValue(priorWeight)
  return (node: SearchNode) => value(node) / Math.max(1, node.visits)
}

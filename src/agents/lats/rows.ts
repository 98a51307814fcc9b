/**
 * A search as rows: what a store keeps of it. A commit holds the rows that one iteration changed and all iterations that were in flight
 * then, so a search that is killed after any commit goes on as if nothing had happened.
 */
import type { CommitStore } from '../../tools/steps/trial-memory.ts'
import type { Verdict } from '../../tools/steps/verifier.ts'
import { OstroError } from '../../util/error.ts'
import type { JsonValue } from '../../util/json.ts'
import type { IssuedIteration } from './iterate.ts'
import {
  createNode,
  createTree,
  pathTo,
  type SearchCost,
  type SearchNode,
  type SearchStep,
  type SearchTree,
} from './node.ts'

/** One node. Of a node's rows the last one counts. */
export interface SearchRow {
  readonly node: number
  readonly parent: number | null
  readonly action: string
  readonly observation: string
  readonly snapshot: JsonValue
  readonly state: 'open' | 'exhausted' | 'passed'
  readonly terminal: boolean
  readonly rollout: boolean
  readonly verdict: Verdict | null
  /** N, W, v0 and self-consistency. */
  readonly n: number
  readonly w: number
  readonly v0: number
  readonly sc: number
  readonly samples: number
  readonly expansions: number
  readonly fruitless: number
  readonly legal: number | null
  /** On a failed terminal, where there is one; with its number, counted from 0. */
  readonly reflection: { readonly index: number; readonly text: string } | null
}

export interface SearchCommit {
  readonly rows: readonly SearchRow[]
  readonly inFlight: readonly IssuedIteration[]
  readonly issued: number
  readonly applied: number
  readonly cost: Readonly<SearchCost>
  /** Only where it is so. */
  readonly valueDistrusted?: true | undefined
  /** Of the first commit: what led to the root of a search that was forked from another. */
  readonly history?: readonly SearchStep[] | undefined
}

/** Where a search is kept. */
export type SearchStore = CommitStore<SearchCommit>

/** Keeps a search as long as the process lives; `commits` are those of an earlier one, to go on from. */
export function memorySearchStore(commits: readonly SearchCommit[] = []): SearchStore & {
  readonly commits: readonly SearchCommit[]
} {
  const kept = [...commits]
  return { commits: kept, load: () => [...kept], commit: (commit) => void kept.push(commit) }
}

export function rowOf(node: SearchNode, tree: SearchTree): SearchRow {
  const index = tree.reflections.findIndex((reflection) => reflection.node === node.id)
  const passed = node.verdict?.passed === true
  return {
    node: node.id,
    parent: node.parent?.id ?? null,
    action: node.action,
    observation: node.observation,
    snapshot: node.snapshot,
    state: passed ? 'passed' : node.exhausted ? 'exhausted' : 'open',
    terminal: node.terminal,
    rollout: node.rollout,
    verdict: node.verdict ?? null,
    n: node.visits,
    w: node.rewards,
    v0: node.prior,
    sc: node.selfConsistency,
    samples: node.samples,
    expansions: node.expansions,
    fruitless: node.fruitless,
    legal: node.legal ?? null,
    reflection: index < 0 ? null : { index, text: tree.reflections[index].text },
  }
}

export const rowsOf = (tree: SearchTree): SearchRow[] => tree.nodes.map((node) => rowOf(node, tree))

/** The last row of each node, by number. */
export function latestRows(commits: readonly SearchCommit[]): SearchRow[] {
  const rows: SearchRow[] = []
  for (const commit of commits) for (const row of commit.rows) rows[row.node] = row
  return rows
}

export interface RestoredSearch {
  readonly tree: SearchTree
  readonly inFlight: readonly IssuedIteration[]
}

/** @throws OstroError `store-unavailable` for commits that do not hold a whole tree */
export function restoreSearch(commits: readonly SearchCommit[]): RestoredSearch | undefined {
  const last = commits.at(-1)
  if (last === undefined) return undefined
  const tree = treeOf(latestRows(commits), commits[0].history)
  tree.issued = last.issued
  tree.applied = last.applied
  Object.assign(tree.cost, last.cost)
  tree.valueDistrusted = last.valueDistrusted === true
  return { tree, inFlight: last.inFlight }
}

/** The tree that rows tell. @throws OstroError `store-unavailable` where some are missing */
export function treeOf(rows: readonly SearchRow[], history: readonly SearchStep[] = []): SearchTree {
  const [first, ...others] = rows
  if (first?.parent !== null) throw broken('the root expected as node 0, got something else')
  const tree = createTree(first.snapshot, history)
  take(tree, tree.root, first)
  for (const [at, row] of others.entries()) {
    const parent = row === undefined ? undefined : tree.nodes[row.parent ?? -1]
    if (parent === undefined || row.node !== at + 1) throw broken(`node ${at + 1} and its parent expected, got none`)
    const { action, observation, snapshot, terminal, rollout, v0, sc } = row
    const verdict = row.verdict ?? undefined
    const fields = { parent, action, observation, snapshot, terminal, rollout, verdict }
    const node = createNode({ ...fields, prior: v0, selfConsistency: sc })
    node.id = row.node
    tree.nodes.push(node)
    take(tree, node, row)
    if (rollout) continue
    parent.children.push(node)
    if (!node.exhausted) parent.live.push(node)
  }
  return tree
}

function take(tree: SearchTree, node: SearchNode, row: SearchRow): void {
  node.visits = row.n
  node.rewards = row.w
  node.samples = row.samples
  node.expansions = row.expansions
  node.fruitless = row.fruitless
  node.legal = row.legal ?? undefined
  node.exhausted = row.state === 'exhausted'
  if (row.reflection !== null) tree.reflections[row.reflection.index] = { node: row.node, text: row.reflection.text }
}

/**
 * A search of its own from one node of another: its first commit, with what is known below the node. What led there becomes history, which
 * prompts go on telling.
 *
 * @throws OstroError `invalid-argument` for a node that the search does not have
 */
export function forkSearch(commits: readonly SearchCommit[], node: number): SearchCommit {
  const restored = restoreSearch(commits)
  const from = restored?.tree.nodes[node]
  if (restored === undefined || from === undefined) {
    throw new OstroError('invalid-argument', `forkSearch: a node of the search expected, got ${node}.`, { node })
  }
  const { tree } = restored
  const above = pathTo(from).slice(1)
  const history = [...tree.history, ...above.map(({ action, observation }) => ({ action, observation }))]
  const kept = tree.nodes.filter((other) => pathTo(other).includes(from) && (!other.rollout || from.rollout))
  const numbers = new Map(kept.map((old, at) => [old.id, at]))
  const reflected = tree.reflections.filter((reflection) => numbers.has(reflection.node))
  const rows = kept.map((old): SearchRow => {
    const row = rowOf(old, tree)
    const index = reflected.findIndex((reflection) => reflection.node === old.id)
    return {
      ...row,
      node: numbers.get(old.id) ?? 0,
      parent: old === from ? null : (numbers.get(row.parent ?? -1) ?? null),
      reflection: index < 0 ? null : { index, text: reflected[index].text },
    }
  })
  return { rows, inFlight: [], issued: 0, applied: 0, cost: { modelCalls: 0, tokens: 0 }, history }
}

function broken(what: string): OstroError {
  return new OstroError('store-unavailable', `search: ${what}. The store holds no whole search.`)
}

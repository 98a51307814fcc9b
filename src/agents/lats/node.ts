/** The tree of a search: what is known of each state that it has reached, and how often it has been there. */
import type { Verdict } from '../../tools/steps/verifier.ts'
import type { JsonValue } from '../../util/json.ts'

export interface SearchNode {
  /** Place in `SearchTree.nodes`; -1 while its iteration is in flight. */
  id: number
  parent: SearchNode | undefined
  readonly depth: number
  /** Canonical text of the action that led here; empty at the root. */
  readonly action: string
  readonly observation: string
  readonly snapshot: JsonValue
  readonly terminal: boolean
  /** Of terminals. */
  readonly verdict: Verdict | undefined
  /** v0: the value before any visit; of terminals the verifier's score. */
  readonly prior: number
  /** Share of its first expansion's samples that named this action. */
  readonly selfConsistency: number
  /** On the way of a plain rollout: kept and judged, never selected. */
  readonly rollout: boolean
  /** Samples that named this action; all after the first were merged. */
  samples: number
  /** N: finished iterations through this node. */
  visits: number
  /** W: sum of their rewards. */
  rewards: number
  /** O: iterations in flight through this node. */
  inFlight: number
  expansions: number
  expansionsInFlight: number
  /** Expansions in a row that brought no new child; one of a single sample counts a part. */
  fruitless: number
  /** Number of legal actions, where the environment says. */
  legal: number | undefined
  exhausted: boolean
  readonly children: SearchNode[]
  /** Children that are not exhausted, in the same order. */
  readonly live: SearchNode[]
}

export interface Reflection {
  /** The failed terminal that it is about. */
  readonly node: number
  readonly text: string
}

/** What `hedge` is measured by. */
export interface SearchCost {
  modelCalls: number
  /** Of answers and their prompts. */
  tokens: number
}

export interface SearchTree {
  readonly root: SearchNode
  /** Every node ever made, in the order of their ids. */
  readonly nodes: SearchNode[]
  readonly reflections: Reflection[]
  /** What led to the root, where the search was forked from another. */
  readonly history: readonly SearchStep[]
  /** Iterations begun and iterations applied. */
  issued: number
  applied: number
  /** Of the applied iterations. */
  readonly cost: SearchCost
  /** The ends so far have shown that the model's values say nothing. */
  valueDistrusted: boolean
}

export interface SearchStep {
  readonly action: string
  readonly observation: string
}

export type NodeFields = Pick<SearchNode, 'parent' | 'action' | 'observation' | 'snapshot' | 'terminal'> &
  Partial<Pick<SearchNode, 'verdict' | 'prior' | 'selfConsistency' | 'rollout' | 'samples'>>

export function createNode(fields: NodeFields): SearchNode {
  const { parent, action, observation, snapshot, terminal, verdict } = fields
  const { prior = 0, selfConsistency = 0, rollout = false, samples = 1 } = fields
  return {
    id: -1,
    parent,
    depth: parent === undefined ? 0 : parent.depth + 1,
    action,
    observation,
    snapshot,
    terminal,
    verdict,
    prior,
    selfConsistency,
    rollout,
    samples,
    visits: 0,
    rewards: 0,
    inFlight: 0,
    expansions: 0,
    expansionsInFlight: 0,
    fruitless: 0,
    legal: undefined,
    exhausted: false,
    children: [],
    live: [],
  }
}

export function createTree(snapshot: JsonValue, history: readonly SearchStep[] = []): SearchTree {
  const root = createNode({ parent: undefined, action: '', observation: '', snapshot, terminal: false })
  root.id = 0
  const cost = { modelCalls: 0, tokens: 0 }
  return { root, nodes: [root], reflections: [], history, issued: 0, applied: 0, cost, valueDistrusted: false }
}

/** From the root to the node, both included. */
export function pathTo(node: SearchNode): SearchNode[] {
  const path = []
  for (let at: SearchNode | undefined = node; at !== undefined; at = at.parent) path.push(at)
  return path.toReversed()
}

/** The actions that lead to the node: what its calls' seeds are drawn from. */
export const actionsTo = (node: SearchNode): string[] =>
  pathTo(node)
    .slice(1)
    .map(({ action }) => action)

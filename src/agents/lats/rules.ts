/**
 * The rules of the search: what a node is worth, where an iteration goes, when a node gets more children, which leaf wins.
 * Sources: Zhou et al. 2023, "Language Agent Tree Search" (arXiv 2310.04406); Liu et al. 2018, WU-UCT (arXiv 1810.11755).
 */
import type { SearchNode } from './node.ts'

export interface SearchRules {
  /** Q: what a node is worth by now. */
  readonly value: (node: SearchNode) => number
  /** One of the children, to go on from. `children` is not empty. */
  readonly choose: (parent: SearchNode, children: readonly SearchNode[]) => SearchNode
  /** Whether a node that was expanded before is expanded again. */
  readonly mayWiden: (node: SearchNode) => boolean
  /** Enters the reward of a finished iteration along its path. */
  readonly update: (path: readonly SearchNode[], reward: number) => void
  /** Whether one leaf is a better result than another. */
  readonly isBetter: (leaf: SearchNode, than: SearchNode) => boolean
}

export interface RuleSettings {
  /** w of the exploration term. */
  readonly exploration: number
  /** c: for how many visits the prior value counts. */
  readonly priorWeight: number
  readonly widen: boolean
}

/** @param value Q; another one is for showing what it does to the search */
export function searchRules(
  { exploration, priorWeight, widen }: RuleSettings,
  value: SearchRules['value'] = blendedValue(priorWeight),
): SearchRules {
  // Iterations in flight count in the exploration term alone, so one iteration at a time is plain UCT.
  const bound = (parent: SearchNode, child: SearchNode): number => {
    const above = Math.log(1 + parent.visits + parent.inFlight)
    return value(child) + exploration * Math.sqrt(above / (1 + child.visits + child.inFlight))
  }
  return {
    value,
    choose: (parent, children) => firstGreatest(children, (child) => bound(parent, child)),
    mayWiden: ({ expansions, expansionsInFlight, visits }) =>
      widen && expansions + expansionsInFlight < Math.ceil(Math.sqrt(visits + 1)),
    update: (path, reward) => {
      for (const node of path) {
        node.visits++
        node.rewards += reward
      }
    },
    isBetter: (leaf, than) => compareLeaves(leaf, than, value) > 0,
  }
}

/** Q = (c·v0 + W)/(c + N): the model's value is blended with what was seen, neither overwritten nor divided twice. */
export const blendedValue =
  (priorWeight: number): SearchRules['value'] =>
  ({ prior, rewards, visits }) =>
    // Of a node without any weight nothing is known.
    priorWeight + visits === 0 ? 0 : (priorWeight * prior + rewards) / (priorWeight + visits)

/** Of equals the first. `items` is not empty. */
export function firstGreatest<T>(items: readonly T[], measure: (item: T) => number): T {
  let best = items[0]
  let greatest = measure(best)
  for (const item of items) {
    const value = measure(item)
    if (value > greatest) {
      best = item
      greatest = value
    }
  }
  return best
}

/** By passed, score, Q, earlier; a leaf without a verdict comes after all that have one. */
function compareLeaves(leaf: SearchNode, than: SearchNode, value: (node: SearchNode) => number): number {
  const judged = Number(leaf.verdict !== undefined) - Number(than.verdict !== undefined)
  const passed = Number(leaf.verdict?.passed ?? false) - Number(than.verdict?.passed ?? false)
  const score = (leaf.verdict?.score ?? 0) - (than.verdict?.score ?? 0)
  return judged || passed || score || value(leaf) - value(than) || than.id - leaf.id
}

/** The leaf that is the result; never the root. */
export function bestLeaf(nodes: readonly SearchNode[], rules: SearchRules): SearchNode | undefined {
  let best: SearchNode | undefined
  for (const node of nodes) {
    if (node.parent === undefined || node.children.length > 0) continue
    if (node.rollout && node.verdict === undefined) continue
    if (best === undefined || rules.isBetter(node, best)) best = node
  }
  return best
}

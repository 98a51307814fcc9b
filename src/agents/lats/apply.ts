/** The one place that changes a tree: enters what an iteration found, in the order in which iterations began. */
import { answerOf, isEnd, type IssuedIteration, type IterationRecord } from './iterate.ts'
import { pathTo, type SearchNode, type SearchTree } from './node.ts'
import type { SearchRules } from './rules.ts'
import { isComplete } from './select.ts'

export interface AppliedChanges {
  readonly created: readonly SearchNode[]
  readonly exhausted: readonly SearchNode[]
  /** From the root; empty where the iteration had no reward. */
  readonly path: readonly SearchNode[]
  readonly reward: number
  /** All nodes whose rows changed, the new ones among them. */
  readonly touched: ReadonlySet<SearchNode>
  readonly reflected: boolean
}

/** Marks the iteration as in flight. */
export function enter(tree: SearchTree, { kind, node }: IssuedIteration): void {
  if (kind === 'rollout') return
  const selected = tree.nodes[node]
  selected.expansionsInFlight++
  for (const passed of pathTo(selected)) passed.inFlight++
}

/** How much of an expansion a single sample is, where expansions without anything new are counted. */
const singleSampleShare = 0.25

export function apply(
  tree: SearchTree,
  issued: IssuedIteration,
  record: IterationRecord,
  settings: {
    readonly rules: SearchRules
    readonly widen: boolean
    readonly depth: number
    readonly reflections: number
  },
): AppliedChanges {
  const { rules, widen, depth } = settings
  const created: SearchNode[] = []
  const exhausted: SearchNode[] = []
  const touched = new Set<SearchNode>()
  const attach = (child: SearchNode, parent: SearchNode): void => {
    child.parent = parent
    child.id = tree.nodes.length
    tree.nodes.push(child)
    created.push(child)
    touched.add(child)
    if (isEnd(child, depth) && child.verdict?.passed !== true) exhaust(child)
  }
  const exhaust = (node: SearchNode): void => {
    node.exhausted = true
    const siblings = node.parent?.live ?? []
    const at = siblings.indexOf(node)
    if (at >= 0) siblings.splice(at, 1)
    exhausted.push(node)
    touched.add(node)
  }
  tree.applied++
  tree.cost.modelCalls += record.cost.modelCalls
  tree.cost.tokens += record.cost.tokens
  const selected = tree.nodes[issued.node]
  if (issued.kind === 'rollout') {
    let parent = selected
    for (const node of record.picks) {
      attach(node, parent)
      parent = node
    }
    return { created, exhausted, path: [], reward: 0, touched, reflected: false }
  }

  const upToSelected = pathTo(selected)
  selected.expansionsInFlight--
  for (const node of upToSelected) node.inFlight--

  // Where an iteration that began earlier has made the same child, that one stands for both.
  const twins = new Map<SearchNode, SearchNode>()
  const standing = (node: SearchNode): SearchNode => twins.get(node) ?? node
  for (const { node, children, merged, legal, failure } of record.expansions) {
    const parent = standing(node)
    const before = parent.children.length
    const childOf = (key: string) => parent.children.find(({ action }) => action === key)
    for (const child of children) {
      const twin = childOf(child.action)
      if (twin === undefined) {
        attach(child, parent)
        parent.children.push(child)
        if (!child.exhausted) parent.live.push(child)
      } else {
        twins.set(child, twin)
        twin.samples += child.samples
        touched.add(twin)
      }
    }
    for (const { key, samples } of merged) {
      const child = childOf(key)
      if (child === undefined) continue
      child.samples += samples
      touched.add(child)
    }
    touched.add(parent)
    if (failure !== undefined) continue
    parent.expansions++
    parent.legal = legal
    const share = issued.kind === 'outcome' ? singleSampleShare : 1
    parent.fruitless = parent.children.length > before ? 0 : parent.fruitless + share
  }

  const path = record.reward === undefined ? [] : [...upToSelected, ...record.picks.map(standing)]
  if (record.reward !== undefined) rules.update(path, record.reward)
  for (const node of path) touched.add(node)
  const lowest = record.expansions.at(-1)?.node ?? selected
  for (const node of pathTo(standing(lowest)).toReversed()) {
    if (node.exhausted || node.live.length > 0) continue
    if (isComplete(node, widen)) exhaust(node)
  }
  const reflected = addReflection(tree, record, path, settings.reflections)
  return { created, exhausted, path, reward: record.reward ?? 0, touched, reflected }
}

function addReflection(
  tree: SearchTree,
  { reflection }: IterationRecord,
  path: readonly SearchNode[],
  most: number,
): boolean {
  const failed = path.at(-1)
  if (reflection === undefined || failed === undefined || tree.reflections.length >= most) return false
  const answer = answerOf(failed)
  if (tree.reflections.some(({ node }) => answerOf(tree.nodes[node]) === answer)) return false
  tree.reflections.push({ node: failed.id, text: reflection })
  return true
}

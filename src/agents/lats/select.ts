/** Selection: level by level from the root to the node that the next iteration expands. */
import type { SearchNode } from './node.ts'
import type { SearchRules } from './rules.ts'

/** Nothing to select before an iteration in flight is applied, or ever again. */
export type NothingToSelect = 'wait' | 'exhausted'

/** Whether all actions of a node have been tried, as far as one can tell. */
export function isComplete(node: SearchNode, widen: boolean): boolean {
  if (!widen) return node.expansions > 0
  return node.fruitless >= 2 || (node.legal !== undefined && node.children.length >= node.legal)
}

export function select(root: SearchNode, rules: SearchRules, widen: boolean): SearchNode | NothingToSelect {
  if (root.exhausted) return 'exhausted'
  let node = root
  for (;;) {
    if (isFirstExpansionInFlight(node)) return 'wait'
    const { live } = node
    const open = !isComplete(node, widen)
    if (open && (node.expansions === 0 || live.length === 0 || rules.mayWiden(node))) return node
    const free = live.filter((child) => !isFirstExpansionInFlight(child))
    if (free.length === 0) return 'wait'
    node = rules.choose(node, free)
  }
}

/** Such a node has no children to go on from, and a second batch of the same samples would say little. */
function isFirstExpansionInFlight({ expansions, expansionsInFlight }: SearchNode): boolean {
  return expansions === 0 && expansionsInFlight > 0
}

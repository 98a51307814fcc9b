/** A search as text: the tree with its best branches, for terminals. It is told events, and can be drawn at any time. */
import type { RunEvent } from '../../tools/steps/run-event.ts'
import type { Verdict } from '../../tools/steps/verifier.ts'

export interface TreeViewNode {
  readonly node: number
  readonly parent: number | undefined
  readonly action: string
  readonly observation: string
  readonly rollout: boolean
  value: number
  visits: number
  rewards: number
  exhausted: boolean
  verdict: Verdict | undefined
  readonly children: TreeViewNode[]
}

export interface TreeView {
  readonly nodes: readonly TreeViewNode[]
  readonly apply: (event: RunEvent<unknown>) => void
  readonly draw: (options?: DrawOptions) => string
}

export interface DrawOptions {
  /** Columns. Default 100. */
  readonly width?: number | undefined
  /** Most lines below the heading; the nodes worth least are left out, and counted where their siblings stand. Default 40. */
  readonly height?: number | undefined
  /** Marks with the colours of terminals. Default false. */
  readonly colour?: boolean | undefined
}

const colours = { passed: '\u001B[32m', exhausted: '\u001B[90m', path: '\u001B[36m', end: '\u001B[39m' }

export function createTreeView(): TreeView {
  const nodes = [viewNode({ node: 0, parent: undefined, action: '', observation: '', rollout: false })]
  let path: readonly number[] = []
  const apply: TreeView['apply'] = (event) => {
    if (event.type === 'node-create') {
      const node = viewNode(event)
      nodes[event.node] = node
      if (!event.rollout && event.parent !== undefined) nodes[event.parent].children.push(node)
    } else if (event.type === 'node-evaluate') {
      nodes[event.node].value = event.value
      nodes[event.node].verdict = event.verdict
    } else if (event.type === 'node-exhaust') nodes[event.node].exhausted = true
    else if (event.type === 'path-update') {
      ;({ path } = event)
      for (const at of path) {
        nodes[at].visits++
        nodes[at].rewards += event.reward
      }
    }
  }
  const draw: TreeView['draw'] = ({ width = 100, height = 40, colour = false } = {}) => {
    const lines = linesWithin(nodes, path, height)
    const paint = ({ text, kind }: Line): string => {
      const cut = cutTo(text, width)
      return colour && kind !== 'plain' ? `${colours[kind]}${cut}${colours.end}` : cut
    }
    return [cutTo(headOf(nodes), width), ...lines.map(paint)].join('\n')
  }
  return { nodes, apply, draw }
}

const cutTo = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text)

type Told = Pick<TreeViewNode, 'node' | 'parent' | 'action' | 'observation' | 'rollout'>

function viewNode({ node, parent, action, observation, rollout }: Told): TreeViewNode {
  const seen = { value: 0, visits: 0, rewards: 0, exhausted: false, verdict: undefined }
  return { node, parent, action, observation, rollout, ...seen, children: [] }
}

/** Q with the prior counted once. */
const qualityOf = ({ value, rewards, visits }: TreeViewNode): number => (value + rewards) / (1 + visits)

const isPassed = ({ verdict }: TreeViewNode): boolean => verdict?.passed === true

function linesWithin(nodes: readonly TreeViewNode[], path: readonly number[], height: number): Line[] {
  const ordered = byImportance(nodes, path)
  for (let most = height; ; most--) {
    const shown = chooseShown(nodes, ordered, most)
    const lines = [...linesOf(nodes[0], shown, new Set(path)), ...rolloutLines(nodes)]
    // Lines that count what is left out come on top of the nodes.
    if (lines.length <= height || most <= 1) return lines
  }
}

/** What passed, the last path, then nodes by visits and Q; without rollouts. */
function byImportance(nodes: readonly TreeViewNode[], path: readonly number[]): TreeViewNode[] {
  const onPath = new Set(path)
  const rank = (node: TreeViewNode): number =>
    (isPassed(node) ? 4e6 : 0) + (onPath.has(node.node) ? 2e6 : 0) + node.visits + qualityOf(node)
  return nodes.filter(({ rollout }) => !rollout).toSorted((a, b) => rank(b) - rank(a) || a.node - b.node)
}

/** The first of them, each with all above it, until there are so many. */
function chooseShown(
  nodes: readonly TreeViewNode[],
  ordered: readonly TreeViewNode[],
  most: number,
): ReadonlySet<number> {
  const shown = new Set<number>([0])
  for (const node of ordered) {
    const needed: number[] = []
    for (let at: TreeViewNode | undefined = node; at !== undefined && !shown.has(at.node);) {
      needed.push(at.node)
      at = at.parent === undefined ? undefined : nodes[at.parent]
    }
    if (shown.size + needed.length > most) continue
    for (const at of needed) shown.add(at)
  }
  return shown
}

interface Line {
  readonly text: string
  readonly kind: 'passed' | 'exhausted' | 'path' | 'plain'
}

function linesOf(root: TreeViewNode, shown: ReadonlySet<number>, path: ReadonlySet<number>): Line[] {
  const lines: Line[] = [{ text: `● N ${root.visits}`, kind: 'plain' }]
  const visit = (parent: TreeViewNode, indent: string): void => {
    const children = parent.children.filter(({ node }) => shown.has(node))
    const hidden = parent.children.length - children.length
    for (const [at, child] of children.entries()) {
      const last = at === children.length - 1 && hidden === 0
      lines.push({ text: `${indent}${last ? '└─' : '├─'} ${labelOf(child)}`, kind: kindOf(child, path) })
      visit(child, `${indent}${last ? '   ' : '│  '}`)
    }
    if (hidden > 0) lines.push({ text: `${indent}└─ … ${hidden} more`, kind: 'exhausted' })
  }
  visit(root, '')
  return lines
}

/** Rollouts are no part of the tree; one that passed is told below it. */
function rolloutLines(nodes: readonly TreeViewNode[]): Line[] {
  const passed = nodes.find((node) => node.rollout && isPassed(node))
  const actions: string[] = []
  for (let at = passed; at?.parent !== undefined; at = nodes[at.parent]) actions.unshift(at.action)
  return passed === undefined ? [] : [{ text: `✔ by a plain rollout: ${actions.join('; ')}`, kind: 'passed' }]
}

function labelOf(node: TreeViewNode): string {
  const figures = `Q ${qualityOf(node).toFixed(2)}  N ${node.visits}  v ${node.value.toFixed(2)}`
  const [firstLine] = node.observation.split('\n')
  const end = node.verdict === undefined ? '' : `  ${isPassed(node) ? '✔' : '✘'} ${firstLine}`
  return `${node.action}  ${figures}${end}`
}

function kindOf(node: TreeViewNode, path: ReadonlySet<number>): Line['kind'] {
  if (isPassed(node)) return 'passed'
  if (path.has(node.node)) return 'path'
  return node.exhausted ? 'exhausted' : 'plain'
}

function headOf(nodes: readonly TreeViewNode[]): string {
  const tree = nodes.filter(({ rollout }) => !rollout)
  const ends = nodes.filter(({ verdict }) => verdict !== undefined)
  const rollouts = nodes.filter(({ rollout, verdict }) => rollout && verdict !== undefined)
  const passed = ends.filter(isPassed).length
  const parts = [`${tree.length} nodes`, `${ends.length} ends, ${passed} passed`]
  if (rollouts.length > 0) parts.push(`${rollouts.length} of them by plain rollouts`)
  return parts.join(' · ')
}

/** Where the nodes of a search stand: its levels one below the other, leaves side by side, parents above the middle of their children. */
import type { TreeNode } from '../runs/run-view.ts'

export interface PlacedNode {
  readonly node: TreeNode
  readonly x: number
  readonly y: number
  /** From left to right. */
  readonly children: readonly number[]
}

export interface TreeLayout {
  readonly placed: ReadonlyMap<number, PlacedNode>
  readonly width: number
  readonly height: number
}

const rowHeight = 62

/** A small tree has room to show itself. */
const columnWidths = [
  { leaves: 8, width: 62 },
  { leaves: 16, width: 40 },
  { leaves: Infinity, width: 28 },
] as const

/** @param nodes parents before their children */
export function layOutTree(nodes: readonly TreeNode[]): TreeLayout {
  const children = new Map<number, number[]>()
  for (const { id, parent } of nodes) {
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), id])
  }
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const placed = new Map<number, PlacedNode>()
  const ends = nodes.filter(({ id }) => !children.has(id)).length
  const columnWidth = columnWidths.find(({ leaves: most }) => ends <= most)?.width ?? 0
  let leaves = 0
  let deepest = 0
  const place = (node: TreeNode, depth: number): number => {
    deepest = Math.max(deepest, depth)
    const own = children.get(node.id) ?? []
    const xs = own.flatMap((id) => {
      const child = byId.get(id)
      return child === undefined ? [] : [place(child, depth + 1)]
    })
    const first = xs[0]
    const last = xs.at(-1)
    const x = first === undefined || last === undefined ? (leaves++ + 0.5) * columnWidth : (first + last) / 2
    placed.set(node.id, { node, x, y: (depth + 0.5) * rowHeight, children: own })
    return x
  }
  for (const node of nodes) if (node.parent === undefined) place(node, 0)
  return { placed, width: Math.max(1, leaves) * columnWidth, height: (deepest + 1) * rowHeight }
}

/** Words beside a node. */
export interface TreeLabel {
  readonly side: 'left' | 'right'
  readonly text: string
}

/** Larger trees have no room for words. */
const mostLabelled = 80
const mostLetters = 20
const letterWidth = 7.2
/** From the middle of a node to its words. */
export const labelGap = 20

/** The actions of a way, each where nothing of its level stands in the way, and from where to where all of it reaches. */
export function labelWay(
  layout: TreeLayout,
  way: ReadonlySet<number>,
): { readonly labels: ReadonlyMap<number, TreeLabel>; readonly left: number; readonly right: number } {
  const { placed, width } = layout
  const labels = new Map<number, TreeLabel>()
  let [left, right] = [0, width]
  for (const at of placed.size > mostLabelled ? [] : placed.values()) {
    const { id, action } = at.node
    if (!way.has(id) || action === '') continue
    const text = action.length > mostLetters ? `${action.slice(0, mostLetters - 1)}…` : action
    const pixels = labelGap + text.length * letterWidth + 8
    const side = (['right', 'left'] as const).find((one) => isFree(layout, at, one, pixels))
    if (side === undefined) continue
    labels.set(id, { side, text })
    if (side === 'right') right = Math.max(right, at.x + pixels)
    else left = Math.min(left, at.x - pixels)
  }
  return { labels, left, right }
}

function isFree({ placed }: TreeLayout, { x, y }: PlacedNode, side: 'left' | 'right', pixels: number): boolean {
  const [from, to] = side === 'right' ? [x, x + pixels] : [x - pixels, x]
  return ![...placed.values()].some((other) => other.y === y && other.x !== x && other.x >= from && other.x <= to)
}

/** The node that an arrow key leads to; undefined where there is none. */
export function neighbourOf({ placed }: TreeLayout, id: number, key: string): number | undefined {
  const at = placed.get(id)
  if (at === undefined) return undefined
  const { parent } = at.node
  if (key === 'ArrowUp') return parent
  if (key === 'ArrowDown') return at.children[0]
  const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0
  if (step === 0) return undefined
  // Along the level, also to a cousin.
  const level = [...placed.values()].filter(({ y }) => y === at.y).toSorted((a, b) => a.x - b.x)
  return level[level.findIndex(({ node }) => node.id === id) + step]?.node.id
}

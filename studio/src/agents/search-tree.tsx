/**
 * The tree of a search as it grows: size tells visits, colour the mean reward, a thick line the last way taken. One node has the focus; the
 * arrow keys lead along the tree, and what is known of the node stands below.
 */
import { type CSSProperties, type KeyboardEvent, useMemo, useRef, useState } from 'react'
import { qualityOf, type TreeNode } from '../runs/run-view.ts'
import { isFree, layOutTree, neighbourOf, type PlacedNode, type TreeLayout } from './tree-layout.ts'
import './search-tree.css'

interface SearchTreeProps {
  readonly nodes: readonly TreeNode[]
  readonly path: readonly number[]
}

export function SearchTree({ nodes, path }: SearchTreeProps) {
  const layout = useMemo(() => layOutTree(nodes), [nodes])
  const [chosen, setChosen] = useState<number>()
  const drawing = useRef<SVGSVGElement>(null)
  const solved = nodes.find(({ verdict }) => verdict?.passed === true)
  const onPath = useMemo(() => new Set(solved === undefined ? path : wayTo(nodes, solved.id)), [path, nodes, solved])
  const root = nodes[0]
  if (root === undefined) return null
  const focused = layout.placed.get(chosen ?? -1) ?? layout.placed.get(solved?.id ?? path.at(-1) ?? root.id)
  const move = (event: KeyboardEvent) => {
    const next = focused && neighbourOf(layout, focused.node.id, event.key)
    if (next === undefined) return
    event.preventDefault()
    setChosen(next)
    drawing.current?.querySelector<SVGGElement>(`[data-node="${next}"]`)?.focus()
  }
  const shown = [...layout.placed.values()]
  const labelled = shown.length <= mostLabelled
  const side = labelled ? margin : 0
  const { height } = layout
  const width = layout.width + 2 * side
  return (
    <div className="search-tree">
      <div className="search-tree-scroll scrolling">
        <svg
          ref={drawing}
          width={width}
          height={height}
          viewBox={`${-side} 0 ${width} ${height}`}
          role="tree"
          aria-label={`Search tree of ${nodes.length} nodes`}
          onKeyDown={move}
        >
          {shown.map((at) => (
            <Branch key={at.node.id} at={at} layout={layout} onPath={onPath} />
          ))}
          {shown.map((at) => (
            <Knot
              key={at.node.id}
              at={at}
              onPath={onPath.has(at.node.id)}
              focused={at === focused}
              label={labelled ? labelSide(layout, at) : undefined}
              onChoose={() => setChosen(at.node.id)}
            />
          ))}
        </svg>
      </div>
      {focused && <NodeCard node={focused.node} />}
    </div>
  )
}

interface BranchProps {
  readonly at: PlacedNode
  readonly layout: TreeLayout
  readonly onPath: ReadonlySet<number>
}

function Branch({ at: { node, x, y }, layout, onPath }: BranchProps) {
  const parent = node.parent === undefined ? undefined : layout.placed.get(node.parent)
  if (parent === undefined) return null
  const middle = (parent.y + y) / 2
  const used = onPath.has(node.id) && onPath.has(parent.node.id)
  return (
    <path
      className="tree-branch"
      data-path={used}
      data-rollout={node.rollout}
      d={`M${parent.x} ${parent.y}C${parent.x} ${middle} ${x} ${middle} ${x} ${y}`}
    />
  )
}

/** Larger trees have no room for words. */
const mostLabelled = 80
const mostLetters = 20
const letterWidth = 7.2
/** Beside a tree with words. */
const margin = mostLetters * letterWidth

/** Where the action of a node has room: right, left or nowhere. */
function labelSide(layout: TreeLayout, at: PlacedNode): 'left' | 'right' | undefined {
  const pixels = 26 + Math.min(mostLetters, at.node.action.length) * letterWidth
  return (['right', 'left'] as const).find((side) => isFree(layout, at, side, pixels))
}

interface KnotProps {
  readonly at: PlacedNode
  readonly onPath: boolean
  readonly focused: boolean
  /** Where the action stands of nodes on the path; undefined: nowhere. */
  readonly label: 'left' | 'right' | undefined
  readonly onChoose: () => void
}

function Knot({ at: { node, x, y, children }, onPath, focused, label, onChoose }: KnotProps) {
  const quality = qualityOf(node)
  const radius = Math.min(12, 4.5 + 2.2 * Math.log2(1 + node.visits))
  return (
    <g
      className="tree-node"
      role="treeitem"
      aria-label={describe(node)}
      aria-selected={focused}
      {...(children.length > 0 ? { 'aria-expanded': true } : {})}
      tabIndex={focused ? 0 : -1}
      data-node={node.id}
      data-path={onPath}
      data-exhausted={node.exhausted}
      data-passed={node.verdict?.passed === true}
      onFocus={onChoose}
      onClick={onChoose}
    >
      <circle className="tree-node-area" cx={x} cy={y} r={14} />
      {focused && <circle className="tree-node-ring" cx={x} cy={y} r={radius + 3.5} />}
      <circle
        className="tree-node-dot"
        cx={x}
        cy={y}
        r={radius}
        style={{ '--quality': `${Math.round(100 * Math.min(1, Math.max(0, quality)))}%` } as CSSProperties}
      />
      {node.verdict?.passed === true && <path className="tree-node-check" d={`m${x - 3.5} ${y} 2.6 2.6 4.6-5`} />}
      {onPath && label !== undefined && (
        <text
          className="tree-node-label"
          x={label === 'right' ? x + radius + 8 : x - radius - 8}
          y={y + 4}
          textAnchor={label === 'right' ? 'start' : 'end'}
        >
          {node.action.length > mostLetters ? `${node.action.slice(0, mostLetters - 1)}…` : node.action}
        </text>
      )}
      {node.reflection !== undefined && <circle className="tree-node-note" cx={x + radius} cy={y - radius} r={3} />}
    </g>
  )
}

function describe(node: TreeNode): string {
  const name = node.parent === undefined ? 'Beginning' : node.action
  const end = node.verdict === undefined ? '' : node.verdict.passed ? ', passed' : ', failed'
  return `${name}: ${node.visits} visits, Q ${qualityOf(node).toFixed(2)}${end}`
}

function NodeCard({ node }: { readonly node: TreeNode }) {
  const facts = [
    ['N', String(node.visits)],
    ['Q', qualityOf(node).toFixed(2)],
    ['Value', node.value.toFixed(2)],
    ['Agreement', node.selfConsistency.toFixed(2)],
  ] as const
  return (
    <section className="node-card" aria-label="Node" aria-live="polite">
      <div className="node-card-head">
        <code>{node.parent === undefined ? 'Beginning' : node.action}</code>
        <dl>
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </div>
      {node.observation !== '' && <p>{node.observation}</p>}
      {node.verdict !== undefined && (
        <p>
          <strong>{node.verdict.passed ? 'Passed' : 'Failed'}</strong> {node.verdict.feedback}
        </p>
      )}
      {node.exhausted && <p className="step-field-hint">Exhausted: nothing below it is left to try.</p>}
      {node.reflection !== undefined && (
        <p className="node-card-reflection">
          <strong>Reflection</strong> {node.reflection}
        </p>
      )}
    </section>
  )
}

function wayTo(nodes: readonly TreeNode[], id: number): readonly number[] {
  const parents = new Map(nodes.map((node) => [node.id, node.parent]))
  const way: number[] = []
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) way.push(at)
  return way
}

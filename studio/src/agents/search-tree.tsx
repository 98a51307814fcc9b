/**
 * The tree of a search as it grows: size tells visits, colour the mean reward, a thick line the last way taken. One node has the focus; the
 * arrow keys lead along the tree, and what is known of the node stands below.
 */
import { type CSSProperties, type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { qualityOf, type TreeNode } from '../runs/run-view.ts'
import {
  labelGap,
  labelWay,
  layOutTree,
  neighbourOf,
  type PlacedNode,
  type TreeLabel,
  type TreeLayout,
} from './tree-layout.ts'
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
  const { labels, left, right } = useMemo(() => labelWay(layout, onPath), [layout, onPath])
  const end = layout.placed.get([...onPath].reduce((deepest, id) => Math.max(deepest, id), -1))
  useEffect(() => {
    // The way stays in sight while the tree grows; only the box scrolls.
    const box = drawing.current?.parentElement
    if (box && end) box.scrollTo({ left: end.x - left - box.clientWidth / 2, top: end.y - box.clientHeight + 60 })
  }, [end, left])
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
  const { height } = layout
  const shown = [...layout.placed.values()]
  return (
    <div className="search-tree">
      <div className="search-tree-scroll scrolling">
        <svg
          ref={drawing}
          width={right - left}
          height={height}
          viewBox={`${left} 0 ${right - left} ${height}`}
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
              label={labels.get(at.node.id)}
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

interface KnotProps {
  readonly at: PlacedNode
  readonly onPath: boolean
  readonly focused: boolean
  readonly label: TreeLabel | undefined
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
      {label !== undefined && (
        <text
          className="tree-node-label"
          x={label.side === 'right' ? x + labelGap : x - labelGap}
          y={y + 4}
          textAnchor={label.side === 'right' ? 'start' : 'end'}
        >
          {label.text}
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
          <strong>{node.verdict.passed ? 'Passed' : 'Failed'}</strong>{' '}
          {node.verdict.feedback !== node.observation && node.verdict.feedback}
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

import { describe, expect, it } from 'vitest'
import { emptyRun, foldRun, qualityOf, type RunView } from '../runs/run-view.ts'
import type { RunEvent } from '../api/steps.ts'
import { labelWay, layOutTree, neighbourOf } from './tree-layout.ts'

const create = (node: number, parent: number): RunEvent => ({
  type: 'node-create',
  node,
  parent,
  action: `action number ${node}`,
  observation: '',
})

const fold = (...events: RunEvent[]): RunView => events.reduce(foldRun, emptyRun)

//     0
//   1   2
//  3 4  5
const events = [create(1, 0), create(2, 0), create(3, 1), create(4, 1), create(5, 2)]

describe('a tree of events', () => {
  it('has a root that nobody told of', () => {
    const { nodes } = fold(...events)
    expect(nodes.map(({ id, parent }) => [id, parent])).toEqual([
      [0, undefined],
      [1, 0],
      [2, 0],
      [3, 1],
      [4, 1],
      [5, 2],
    ])
  })

  it('counts visits and rewards along paths, and blends them with the first value', () => {
    const { nodes, path } = fold(
      ...events,
      { type: 'node-evaluate', node: 1, value: 0.5, selfConsistency: 0.4 },
      { type: 'path-update', path: [0, 1, 3], reward: 1 },
      { type: 'path-update', path: [0, 1, 4], reward: 0 },
      { type: 'reflection-add', text: 'Try otherwise.', node: 3 },
      { type: 'node-exhaust', node: 4 },
    )
    expect(nodes.map(({ visits, rewards }) => [visits, rewards])).toEqual([
      [2, 1],
      [2, 1],
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 0],
    ])
    expect(qualityOf(nodes[1] as never)).toBe(0.5)
    expect(path).toEqual([0, 1, 4])
    expect(nodes[4]).toMatchObject({ reflection: undefined, exhausted: true })
    expect(nodes[3]?.reflection).toBe('Try otherwise.')
  })
})

describe('the picture', () => {
  const layout = layOutTree(fold(...events).nodes)

  it('puts leaves side by side and parents above their middle', () => {
    const columnWidth = layout.width / 3
    const x = (id: number) => (layout.placed.get(id)?.x ?? 0) / columnWidth
    expect([3, 4, 5].map(x)).toEqual([0.5, 1.5, 2.5])
    expect([x(1), x(2), x(0)]).toEqual([1, 2.5, 1.75])
    const y = (id: number) => (layout.placed.get(id)?.y ?? 0) / layout.height
    expect([0, 1, 2, 5].map(y)).toEqual([1 / 6, 1 / 2, 1 / 2, 5 / 6])
  })

  it('is walked with the arrow keys, also from cousin to cousin', () => {
    const walk = (id: number, key: string) => neighbourOf(layout, id, key)
    expect([walk(0, 'ArrowDown'), walk(4, 'ArrowUp'), walk(4, 'ArrowRight'), walk(3, 'ArrowLeft')]).toEqual([
      1,
      1,
      5,
      undefined,
    ])
    expect([walk(0, 'ArrowUp'), walk(5, 'ArrowDown'), walk(1, 'x')]).toEqual([undefined, undefined, undefined])
  })

  it('says the way where there is room for words', () => {
    const { labels, left, right } = labelWay(layout, new Set([0, 1, 4]))
    // Left of 1 nothing stands; 4 has a sibling on both sides.
    expect([...labels]).toEqual([[1, { side: 'left', text: 'action number 1' }]])
    expect(left).toBeLessThan(0)
    expect(right).toBe(layout.width)
    const outer = labelWay(layout, new Set([5]))
    expect([...outer.labels]).toEqual([[5, { side: 'right', text: 'action number 5' }]])
    expect(outer.right).toBeGreaterThan(layout.width)
  })

  it('of nothing is empty', () => expect(layOutTree([]).placed.size).toBe(0))
})

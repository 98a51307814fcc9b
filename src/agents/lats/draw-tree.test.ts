import { describe, expect, it } from 'vitest'
import { knowingModel } from '../../../test/support/search/knowing-model.ts'
import { gameOf24 } from '../environments/numbers-environment.ts'
import { lats } from '../lats.ts'
import { createTreeView, type TreeView } from './draw-tree.ts'
import { latestRows, memorySearchStore } from './rows.ts'

async function drawn(skill: number, hedge: number): Promise<{ view: TreeView; rows: ReturnType<typeof latestRows> }> {
  const model = knowingModel(skill)
  const store = memorySearchStore()
  const view = createTreeView()
  for await (const event of lats(model, gameOf24(), [4, 9, 10, 13], { store, seed: 4, hedge })) view.apply(event)
  return { view, rows: latestRows(store.commits) }
}

describe('a drawn tree', () => {
  it('knows what the rows know', async () => {
    const { view, rows } = await drawn(0, 0.1)
    const seen = view.nodes.map(({ node, parent, visits, rewards, value, exhausted, rollout }) => {
      return { node, parent: parent ?? null, n: visits, w: rewards, v0: value, exhausted, rollout }
    })
    const kept = rows.map(({ node, parent, n, w, v0, state, rollout }) => {
      return { node, parent, n, w, v0, exhausted: state === 'exhausted', rollout }
    })
    expect(seen).toEqual(kept)
    expect(rows.length).toBeGreaterThan(20)
  })

  it('fits the screen, and always has what passed, under all that led there', async () => {
    const { view } = await drawn(0.2, 0)
    for (const height of [9, 20, 1000]) {
      const lines = view.draw({ height, width: 50 }).split('\n')
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(50)
      expect(lines.length).toBeLessThanOrEqual(height + 1)
      expect(lines.findIndex((line) => line.includes('✔'))).toBeGreaterThan(2)
    }
    expect(view.draw({ height: 1000, width: 200 }).split('\n')).toHaveLength(
      1 + view.nodes.filter(({ rollout }) => !rollout).length,
    )
  })

  it('tells what a plain rollout found', async () => {
    const { view } = await drawn(1, 1)
    expect(view.draw()).toMatch(/1 of them by plain rollouts\n● N 0\n✔ by a plain rollout: .+; .+; 6 \* 4$/)
  })

  it('has no colours where they are not wanted', async () => {
    const { view } = await drawn(0.2, 0)
    expect(view.draw()).not.toContain('\u001B')
    expect(view.draw({ colour: true })).toContain('\u001B[32m')
  })
})

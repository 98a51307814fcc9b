/** Tool choice on models that know nothing of tools, one even with random weights: a sample of `npm run proof -- tool-choice`. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { realModelPath } from '../../test/support/models.ts'
import { writeRandomModels } from '../../test/support/random-models.ts'
import { temporaryFolder } from '../../test/support/temporary.ts'
import { matrixCells, runCell } from '../../test/support/tool-choice-matrix.ts'
import { load } from './load.ts'
import type { Model } from './model.ts'

async function expectKept(model: Model, cells: ReturnType<typeof matrixCells>): Promise<number> {
  let calls = 0
  for (const cell of cells) {
    const result = await runCell(model, cell)
    expect(result.broken, JSON.stringify(cell)).toEqual([])
    calls += result.calls
  }
  return calls
}

describe('random weights', () => {
  it('keep every choice, as a base model, behind a plain template and with a notation of their own', async () => {
    await using folder = await temporaryFolder()
    for (const path of Object.values(await writeRandomModels(folder.path))) {
      await using model = await load(path, { threads: 1 })
      const calls = await expectKept(model, matrixCells(36, 7, [1, 5, 20, 60, 100, 200, 400]))
      expect(calls).toBeGreaterThan(5)
    }
  })

  it('say the same to the same seed', async () => {
    await using folder = await temporaryFolder()
    const { plain } = await writeRandomModels(folder.path)
    await using model = await load(plain, { threads: 1 })
    for (const cell of matrixCells(6, 3, [150])) {
      const [once, again] = [await runCell(model, cell), await runCell(model, cell)]
      const told = (result: typeof once) =>
        result.events.filter(({ type }) => type !== 'end' && type !== 'prefill-progress')
      expect(told(again)).toEqual(told(once))
    }
  })
})

it.each(['smollm2', 'gemma3'] as const)('%s keeps every choice', async (name) => {
  const path = await realModelPath(name)
  if (path === undefined) return
  await using model = await load(join(path), { threads: 2 })
  await expectKept(model, matrixCells(12, 11, [3, 40, 120]))
})

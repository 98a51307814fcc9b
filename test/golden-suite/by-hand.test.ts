/** `ostro explain attention` against exercises worked in exact fractions by code that is not ours. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { explain } from '../../src/explain/index.ts'
import type { Approximation, LabelledMatrix } from '../../src/explain/index.ts'
import { goldenRoot } from '../support/golden.ts'
import { describeFolder } from './support.ts'

type Texts = readonly (readonly string[])[]
type Numbers = readonly (readonly number[])[]

interface Exercise extends Readonly<Record<'X' | 'WQ' | 'WK' | 'WV' | 'Q' | 'K' | 'V' | 'KTQ', Texts>> {
  readonly hand: Readonly<Record<'floorHalf' | 'threePower' | 'A' | 'Z', Texts>> & {
    readonly columnSums: readonly string[]
  }
  readonly exact: Readonly<Record<'A' | 'Z', Numbers>>
}

const folder = join(goldenRoot, 'by-hand')

describeFolder(folder, 'golden: by-hand', () => {
  const info = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as {
    files: { exercises: string }
    tolerance: { exact: { abs: number } }
  }
  const exercises = JSON.parse(readFileSync(join(folder, info.files.exercises), 'utf8')) as Record<string, Exercise>

  describe.each(Object.entries(exercises))('%s', (_, exercise) => {
    it('equals every fraction', async () => {
      const matrix = await matricesOf(exercise, 'by-hand')
      for (const id of ['X', 'WQ', 'WK', 'WV', 'Q', 'K', 'V', 'KTQ'] as const) {
        expect(matrix(id).values, id).toEqual(exercise[id])
      }
      for (const id of ['floorHalf', 'threePower', 'A', 'Z'] as const) {
        expect(matrix(id).values, id).toEqual(exercise.hand[id])
      }
      expect(matrix('columnSums').values).toEqual([exercise.hand.columnSums])
    })

    it.each(['exact', 'softmax'] as const)('is near the real softmax: %s', async (approximation) => {
      const matrix = await matricesOf(exercise, approximation)
      for (const id of ['A', 'Z'] as const) {
        const got = matrix(id).decimals ?? []
        const differences = exercise.exact[id].flatMap((row, y) => row.map((value, x) => Math.abs(value - got[y][x])))
        expect(Math.max(...differences), id).toBeLessThanOrEqual(info.tolerance.exact.abs)
      }
    })
  })
})

async function matricesOf({ X, WQ, WK, WV }: Exercise, approximation: Approximation) {
  const { steps } = await explain('attention', { approximation, input: { X, WQ, WK, WV } })
  const matrices = steps.flatMap((step) => step.matrices)
  return (id: string): LabelledMatrix => {
    const found = matrices.find((matrix) => matrix.id === id)
    if (found === undefined) throw new Error(`no matrix ${id}`)
    return found
  }
}

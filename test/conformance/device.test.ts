/** What a device promises beside arithmetic: refusals by name, and programs that do not disturb each other. */
import { describe, expect, it } from 'vitest'
import { deviceVariants } from './device-variants.ts'
import { normals, seeded } from './random-values.ts'
import { exact, Suite } from './suite.ts'
import { ops } from './tensor.ts'
import type { LoadOptions } from './tensor.ts'

const options: LoadOptions = { maxTokens: 4, maxRows: 2, cache: { pages: 2, sequences: 2, type: 'f32' } }

function smallSuite(): Suite {
  const suite = new Suite('small')
  const x = suite.rows('x', normals(seeded(1), 8 * 32), 32)
  suite.output('y', ops.matmul(suite.g, x, suite.floats('w', normals(seeded(2), 5 * 32), [5, 32])), { bound: exact })
  suite.output('r', ops.rows(suite.g, x, suite.g.input('rows')), { bound: exact })
  return suite
}

const batch = (
  tokens: readonly number[],
  change: { positions?: readonly number[]; sequences?: readonly number[]; rows?: readonly number[] } = {},
) => ({
  tokens: Int32Array.from(tokens),
  positions: Int32Array.from(change.positions ?? tokens.map((_, index) => index)),
  sequences: Int32Array.from(change.sequences ?? tokens.map(() => 0)),
  rows: Int32Array.from(change.rows ?? [0]),
})

describe.each(deviceVariants)('$name', ({ create }) => {
  it('a run after the device was disposed of is an error, not a wait for threads that are gone', async () => {
    const suite = smallSuite()
    const device = create()
    const program = await device.load(suite.g, suite.weights, options)
    program.run(batch([1, 2]))
    await device[Symbol.asyncDispose]()
    expect(() => program.run(batch([1, 2]))).toThrow(expect.objectContaining({ code: 'disposed' }))
    await device[Symbol.asyncDispose]()
  })

  it('batches outside of what was agreed are refused, and the next good one runs', async () => {
    const suite = smallSuite()
    await using device = create()
    const program = await device.load(suite.g, suite.weights, options)
    const bad = [
      batch([]),
      batch([0, 1, 2, 3, 4]),
      batch([8]),
      batch([-1]),
      batch([1], { positions: [128] }),
      batch([1], { positions: [-1] }),
      batch([1], { positions: [0, 1] }),
      batch([1], { sequences: [2] }),
      batch([1], { rows: [1] }),
      batch([1, 2, 3], { rows: [0, 1, 2] }),
    ]
    for (const one of bad) expect(() => program.run(one)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    expect(program.run(batch([7, 0])).get('y')?.length).toBe(10)
  })

  it('two programs of one device run side by side', async () => {
    const suite = smallSuite()
    await using device = create()
    const first = await device.load(suite.g, suite.weights, options)
    const before = first
      .run(batch([3, 4]))
      .get('y')
      ?.slice()
    const second = await device.load(suite.g, suite.weights, options)
    expect(second.run(batch([3, 4])).get('y')).toEqual(before)
    expect(first.run(batch([3, 4])).get('y')).toEqual(before)
  })

  it('a weight that the file lacks is named', async () => {
    const suite = smallSuite()
    suite.weights.delete('w')
    await using device = create()
    await expect(device.load(suite.g, suite.weights, options)).rejects.toMatchObject({
      message: expect.stringContaining("'w'"),
    })
  })
})

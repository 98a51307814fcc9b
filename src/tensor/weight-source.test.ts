import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { constantSource, readValues, stackedSource, transposedSource } from './weight-source.ts'

const matrix = (name: string, rows: number, columns: number, first: number) =>
  constantSource(
    name,
    Float32Array.from({ length: rows * columns }, (_, index) => first + index),
    [rows, columns],
  )

describe('stackedSource', () => {
  const parts = [matrix('a', 2, 3, 0), matrix('b', 2, 3, 6), matrix('c', 2, 3, 12)]
  const stacked = stackedSource('all', parts)
  const bytes = new Uint8Array(Float32Array.from({ length: 18 }, (_, index) => index).buffer)

  it('is one tensor with a dimension more', async () => {
    expect(stacked).toMatchObject({ name: 'all', shape: [3, 2, 3], type: 'f32', sizeBytes: 72 })
    expect(Array.from(await readValues(stacked))).toEqual(Array.from({ length: 18 }, (_, index) => index))
  })

  it('reads any stretch, over the seams of its parts', async () => {
    const stretch = fc.tuple(fc.nat(71), fc.nat(72))
    await fc.assert(
      fc.asyncProperty(stretch, async ([offset, length]) => {
        const into = new Uint8Array(Math.min(length, 72 - offset))
        await stacked.read(offset, into)
        expect(into).toEqual(bytes.slice(offset, offset + into.length))
      }),
    )
  })

  it('refuses parts that differ', () => {
    const refusal = { code: 'invalid-file', message: expect.stringContaining("'d': expected f32 [2, 3] as 'a'") }
    expect(() => stackedSource('all', [...parts, matrix('d', 3, 2, 0)])).toThrow(expect.objectContaining(refusal))
  })
})

it('transposedSource turns each matrix around', async () => {
  const turned = transposedSource(stackedSource('all', [matrix('a', 2, 3, 0), matrix('b', 2, 3, 6)]))
  expect(turned.shape).toEqual([2, 3, 2])
  expect(Array.from(await readValues(turned))).toEqual([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11])
})

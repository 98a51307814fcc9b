import fc from 'fast-check'
import { expect, it } from 'vitest'
import { clusterVectors } from './cluster.ts'

const direction = (angle: number) => Float32Array.of(Math.cos(angle), Math.sin(angle))

it('groups what points the same way', () => {
  const vectors = [0, 1.5, 0.1, 1.6, 3, 0.05].map(direction)
  expect(clusterVectors(vectors, 0.9)).toEqual([[0, 2, 5], [1, 3], [4]])
  expect(clusterVectors([], 0.5)).toEqual([])
})

it('puts each vector into one group, and joins groups until none are near', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 62 }), { maxLength: 12 }), (angles) => {
      const vectors = angles.map((angle) => direction(angle / 10))
      const groups = clusterVectors(vectors, 0.8)
      expect(groups.flat().toSorted((a, b) => a - b)).toEqual([...vectors.keys()])
      const cosine = (a: number, b: number) => vectors[a][0] * vectors[b][0] + vectors[a][1] * vectors[b][1]
      for (const [index, group] of groups.entries())
        for (const other of groups.slice(index + 1)) {
          const pairs = group.flatMap((a) => other.map((b) => cosine(a, b)))
          expect(pairs.reduce((sum, value) => sum + value, 0) / pairs.length).toBeLessThan(0.8 + 1e-6)
        }
    }),
  )
})

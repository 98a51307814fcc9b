/** Seeded activations, ordinary and adversarial. */
import { createRandom } from '../../src/util/random.ts'
import type { Random } from '../../src/util/random.ts'

export const seeded = (seed: number): Random => createRandom(seed)

/** Standard normal values times `scale`. */
export function normals(random: Random, length: number, scale = 1): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random.float()))
    return scale * radius * Math.cos(2 * Math.PI * random.float())
  })
}

/** Rows of the kinds that break kernels, one after the other: each is what the next row of `width` values looks like. */
export const rowKinds = {
  normal: (random: Random, width: number) => normals(random, width),
  'one outlier': (random: Random, width: number) => normals(random, width).fill(3000, 5, 6),
  'all equal': (_random: Random, width: number) => new Float32Array(width).fill(-1),
  'alternating extremes': (_random: Random, width: number) =>
    Float32Array.from({ length: width }, (_, i) => (i % 2 === 0 ? 7 : -7)),
  zeros: (_random: Random, width: number) => new Float32Array(width),
  'above f16': (random: Random, width: number) => normals(random, width, 1e6),
  'halves between codes': (_random: Random, width: number) =>
    Float32Array.from({ length: width }, (_, i) => (i % 32 === 0 ? 127 : (i % 32) - 15.5)),
  small: (random: Random, width: number) => normals(random, width, 1e-3),
  'block of zeros': (random: Random, width: number) => normals(random, width).fill(0, 0, Math.min(32, width)),
} as const satisfies Readonly<Record<string, (random: Random, width: number) => Float32Array>>

/** `count` rows of all kinds in turn. */
export function mixedRows(random: Random, count: number, width: number): Float32Array<ArrayBuffer> {
  const kinds = Object.values(rowKinds)
  const values = new Float32Array(count * width)
  for (let row = 0; row < count; row++) values.set(kinds[row % kinds.length](random, width), row * width)
  return values
}

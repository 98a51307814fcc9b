/**
 * Attention over caches of f32, f16 and integers, with contexts long enough to be shared out in pieces. Keys and values lie on a lattice that
 * f32 and f16 store without loss, so that what is left is the arithmetic.
 */
import { seeded, normals } from './random-values.ts'
import { nearInRow, Suite, testSuite } from './suite.ts'
import type { CacheType, SuiteOptions } from './suite.ts'
import { ops } from './tensor.ts'

interface Shape {
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  readonly window?: number
  readonly softcap?: number
}

/** Multiples of 1/64 of up to 127, which one value of every 32 reaches: exact in f16. */
function lattice(seed: number, length: number): Float32Array {
  const random = seeded(seed)
  return Float32Array.from({ length }, (_, i) => (i % 32 === 7 ? 127 : (random.uint32() % 255) - 127) / 64)
}

/** Integers are off by up to half a code, which is 2^-12 or 2^-8 of the largest of 64 values. */
const arithmeticError: Readonly<Record<CacheType, number>> = { f32: 2e-5, f16: 2e-5, q12: 1e-3, q8: 1.6e-2 }

const range = (start: number, count: number): number[] => Array.from({ length: count }, (_, index) => start + index)

function suiteOf(name: string, rowCount: number, shapes: readonly Shape[], options: SuiteOptions): Suite {
  const suite = new Suite(`${name}, cache of ${options.cacheType}`, options)
  shapes.forEach((shape, index) => {
    const { heads, kvHeads, headDim, window, softcap } = shape
    const label = Object.entries(shape).flat().join(' ')
    const [width, kvWidth] = [heads * headDim, kvHeads * headDim]
    const q = suite.rows(`q ${label}`, normals(seeded(index), rowCount * width), width)
    const k = suite.rows(`k ${label}`, lattice(index + 100, rowCount * kvWidth), kvWidth)
    const v = suite.rows(`v ${label}`, lattice(index + 200, rowCount * kvWidth), kvWidth)
    const result = ops.attention(suite.g, q, k, v, { heads, kvHeads, headDim, scale: headDim ** -0.5, window, softcap })
    suite.output(label, result, { bound: nearInRow(width, arithmeticError[options.cacheType ?? 'f32']) })
  })
  return suite
}

/** Pieces of a context: many tokens, one, two (shared out by keys), three, and so on; ends lie around pages and around 512. */
const pieces = [0, 300, 301, 303, 306, 511, 512, 513, 515, 700, 701, 1023, 1024, 1025, 1090]

for (const cacheType of ['f32', 'f16', 'q12', 'q8'] as const) {
  const long = suiteOf(
    'a long context',
    1090,
    [
      { heads: 4, kvHeads: 2, headDim: 32 },
      { heads: 3, kvHeads: 1, headDim: 64, window: 600 },
      { heads: 2, kvHeads: 2, headDim: 32, softcap: 20, window: 100 },
    ],
    { pages: 18, cacheType },
  )
  for (let piece = 1; piece < pieces.length; piece++) {
    const positions = range(pieces[piece - 1], pieces[piece] - pieces[piece - 1])
    long.batch(positions, { positions })
  }
  testSuite(long)

  const several = suiteOf(
    'several sequences',
    200,
    [
      { heads: 8, kvHeads: 2, headDim: 64 },
      { heads: 5, kvHeads: 1, headDim: 96, window: 33 },
      { heads: 2, kvHeads: 1, headDim: 256 },
      { heads: 4, kvHeads: 2, headDim: 72 },
      { heads: 2, kvHeads: 2, headDim: 13 },
    ],
    { pages: 2, sequences: 3, cacheType },
  )
  several.batch(range(0, 75), {
    sequences: [...range(0, 70).map(() => 1), ...range(0, 5).map(() => 0)],
    positions: [...range(0, 70), ...range(0, 5)],
  })
  several.batch([100, 101], { sequences: [0, 1], positions: [5, 70] })
  several.batch([102], { sequences: [2], positions: [0] })
  several.batch([103, 104, 105], { sequences: [0, 1, 2], positions: [6, 71, 1] })
  testSuite(several)
}

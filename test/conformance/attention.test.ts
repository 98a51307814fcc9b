/** Attention with its cache: heads, groups, windows, soft caps, several sequences, pages in any order. */
import { normals, seeded } from './random-values.ts'
import { nearInRow, Suite, testSuite } from './suite.ts'
import { ops } from './tensor.ts'

interface Shape {
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  readonly window?: number
  readonly softcap?: number
  /** Size of queries; large ones make the softmax one-hot. */
  readonly size?: number
  /** Distance up to which each head has scores of its own. */
  readonly reach?: number
  readonly causal?: boolean
}

const rowCount = 200

/**
 * Weighted means of values: errors are relative to the largest value. What a score is off is what a weight is off, relatively: large
 * scores by 2^-24 of their size, capped ones by the 1e-7 of tanh.
 */
const bound = (width: number, { softcap = 0, size = 1 }: Shape) => nearInRow(width, 4e-6 + (softcap + size) * 4e-7)

function suiteOf(name: string, shapes: readonly Shape[], options: { sequences?: number; pages?: number } = {}): Suite {
  const suite = new Suite(name, options)
  shapes.forEach((shape, index) => {
    const { heads, kvHeads, headDim, window, softcap, size = 1, reach, causal = true } = shape
    const random = seeded(index + 1)
    const label = `${Object.entries(shape).flat().join(' ')}`
    const q = suite.rows(`q ${label}`, normals(random, rowCount * heads * headDim, size), heads * headDim)
    const k = suite.rows(`k ${label}`, normals(random, rowCount * kvHeads * headDim), kvHeads * headDim)
    const v = suite.rows(`v ${label}`, normals(random, rowCount * kvHeads * headDim), kvHeads * headDim)
    const columns = 2 * (reach ?? 0) + 1
    const table = reach && normals(random, heads * columns, 3)
    const bias = table && suite.floats(`bias ${label}`, table, [heads, columns])
    const settings = { heads, kvHeads, headDim, scale: headDim ** -0.5, window, softcap, causal, ...(bias && { bias }) }
    const result = ops.attention(suite.g, q, k, v, settings)
    suite.output(label, result, { bound: bound(heads * headDim, shape) })
  })
  return suite
}

const range = (start: number, count: number): number[] => Array.from({ length: count }, (_, index) => start + index)

const groups = suiteOf('groups of 1 to 8 query heads', [
  { heads: 1, kvHeads: 1, headDim: 64 },
  { heads: 2, kvHeads: 1, headDim: 64 },
  { heads: 9, kvHeads: 3, headDim: 64 },
  { heads: 4, kvHeads: 1, headDim: 256 },
  { heads: 5, kvHeads: 1, headDim: 12 },
  { heads: 6, kvHeads: 1, headDim: 8 },
  { heads: 14, kvHeads: 2, headDim: 8 },
  { heads: 16, kvHeads: 2, headDim: 16 },
])
for (const count of [1, 2, 3, 4, 5, 7, 64, 65]) groups.batch(range(0, count))
testSuite(groups)

const headDims = suiteOf(
  'head dimensions across pages',
  [8, 12, 64, 80, 128, 256].map((headDim) => ({ heads: 4, kvHeads: 2, headDim })),
  { pages: 4 },
)
// A prompt in pieces that end before, at and after the borders of pages, then single steps.
for (const [start, end] of [
  [0, 63],
  [63, 64],
  [64, 65],
  [65, 127],
  [127, 130],
  [130, 199],
  [199, 200],
]) {
  const positions = range(start, end - start)
  headDims.batch(positions, { positions })
}
testSuite(headDims)

const windows = suiteOf(
  'windows and soft caps',
  [
    { heads: 2, kvHeads: 1, headDim: 16, window: 1 },
    { heads: 2, kvHeads: 1, headDim: 16, window: 5 },
    { heads: 4, kvHeads: 2, headDim: 16, window: 63 },
    { heads: 4, kvHeads: 2, headDim: 16, window: 64 },
    { heads: 4, kvHeads: 2, headDim: 16, window: 65 },
    { heads: 4, kvHeads: 2, headDim: 16, window: 1000 },
    { heads: 2, kvHeads: 2, headDim: 16, softcap: 50 },
    { heads: 2, kvHeads: 2, headDim: 16, softcap: 0.5 },
    { heads: 2, kvHeads: 1, headDim: 16, softcap: 50, window: 70 },
    { heads: 2, kvHeads: 1, headDim: 16, softcap: 50, size: 200 },
    { heads: 2, kvHeads: 1, headDim: 16, size: 200 },
    { heads: 2, kvHeads: 1, headDim: 16, size: 0 },
  ],
  { pages: 4 },
)
for (const [start, end] of [
  [0, 65],
  [65, 66],
  [66, 70],
  [70, 191],
  [191, 193],
  [193, 200],
]) {
  const positions = range(start, end - start)
  windows.batch(positions, { positions })
}
testSuite(windows)

const several = suiteOf(
  'several sequences in one batch',
  [
    { heads: 3, kvHeads: 3, headDim: 16 },
    { heads: 6, kvHeads: 2, headDim: 32 },
    { heads: 4, kvHeads: 1, headDim: 12, window: 40 },
  ],
  { sequences: 4, pages: 2 },
)
// Prompts of different lengths together, then one step each, then a mix of a long piece and steps.
several.batch(range(0, 78), {
  sequences: [...range(0, 70).map(() => 0), ...range(0, 5).map(() => 2), ...range(0, 3).map(() => 3)],
  positions: [...range(0, 70), ...range(0, 5), ...range(0, 3)],
})
several.batch([100, 101, 102], { sequences: [3, 0, 2], positions: [3, 70, 5] })
several.batch(range(103, 66), { sequences: [0, ...range(0, 64).map(() => 1), 2], positions: [71, ...range(0, 64), 6] })
several.batch([180, 181, 182, 183], { sequences: [0, 1, 2, 3], positions: [72, 64, 7, 4] })
testSuite(several)

const distances = suiteOf(
  'scores by distance',
  [
    { heads: 1, kvHeads: 1, headDim: 16, reach: 1 },
    { heads: 4, kvHeads: 4, headDim: 12, reach: 5 },
    { heads: 4, kvHeads: 2, headDim: 16, reach: 20 },
    { heads: 2, kvHeads: 2, headDim: 64, reach: 128 },
    { heads: 2, kvHeads: 1, headDim: 16, reach: 300 },
    { heads: 2, kvHeads: 1, headDim: 16, reach: 20, window: 30 },
  ],
  { sequences: 2, pages: 4 },
)
distances.batch(range(0, 73), {
  positions: [...range(0, 66), ...range(0, 7)],
  sequences: [...range(0, 66).map(() => 0), ...range(0, 7).map(() => 1)],
})
distances.batch([80, 81], { positions: [66, 7], sequences: [0, 1] })
distances.batch(range(82, 100), { positions: range(67, 100) })
testSuite(distances)

const bothWays = suiteOf(
  'attention in both directions',
  [
    { heads: 2, kvHeads: 1, headDim: 16, causal: false },
    { heads: 4, kvHeads: 4, headDim: 12, causal: false, reach: 5 },
    { heads: 2, kvHeads: 2, headDim: 64, causal: false, reach: 128 },
  ],
  { sequences: 2, pages: 3 },
)
// Rows are asked for backwards, which tells the suite that runs of one token are something else here.
for (const [first, second] of [
  [1, 1],
  [70, 3],
  [2, 129],
]) {
  const count = first + second
  bothWays.batch(range(0, count), {
    positions: [...range(0, first), ...range(0, second)],
    sequences: [...range(0, first).map(() => 0), ...range(0, second).map(() => 1)],
    lasts: [...range(0, first).map(() => first - 1), ...range(0, second).map(() => second - 1)],
    rows: range(0, count).toReversed(),
  })
}
testSuite(bothWays)

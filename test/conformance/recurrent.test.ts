/** Ops with states: several sequences in one run, documents that begin in the middle of one, and inputs at which a recurrence may break. */
import { expect, it } from 'vitest'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import { normals, seeded } from './random-values.ts'
import { nearInRow, Suite, testSuite } from './suite.ts'
import type { Bound } from './suite.ts'
import { ops } from './tensor.ts'

const mostTokens = 40
const sequences = 3

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** Runs that go on from each other: a prompt, steps, three texts at once, and a text that takes the place of another. */
function addBatches(suite: Suite): void {
  suite.batch(upTo(mostTokens))
  suite.batch([5], { positions: [mostTokens] })
  suite.batch([1, 2, 3], { positions: [41, 42, 43] })
  const turns = upTo(30)
  suite.batch(turns, {
    positions: turns.map((index) => (index % 3 === 0 ? 44 : 0) + Math.floor(index / 3)),
    sequences: turns.map((index) => index % 3),
  })
  suite.batch([7, 8, 9], { positions: [54, 10, 10], sequences: [0, 1, 2] })
  suite.batch(upTo(12), {
    positions: [55, 56, 57, 0, 1, 2, 3, 11, 12, 0, 1, 2],
    sequences: [0, 0, 0, 0, 0, 0, 0, 2, 2, 1, 1, 1],
  })
}

/** Inputs of one kind, and how far off their results may be. */
interface Kind {
  readonly name: string
  readonly rows: (width: number) => Float32Array
  /** Step sizes before softplus. */
  readonly steps: (width: number) => Float32Array
  /** A: negative. */
  readonly decays: readonly number[]
}

const random = seeded(41)

const usual: Kind = {
  name: 'usual',
  rows: (width) => normals(random, mostTokens * width),
  steps: (width) => normals(random, mostTokens * width, 2),
  decays: [-0.1, -1, -3, -16, -0.5],
}

/** Rows that are large, tiny and zero in turn; steps at which softplus is nothing or the identity; decays of nothing and of everything. */
const adversarial: Kind = {
  name: 'adversarial',
  rows(width) {
    const sizes = [1, 1, 30, 1e-4, 0]
    return normals(random, mostTokens * width).map(
      (value, index) => value * (sizes[Math.floor(index / width) % sizes.length] as number),
    )
  },
  steps(width) {
    const special = [-100, -20, 0, 20, 25, 100]
    return normals(random, mostTokens * width, 2).map((value, index) =>
      index % 7 === 0 ? (special[index % special.length] as number) : value,
    )
  },
  decays: [-1e-8, -0.1, -1, -16, -1e4],
}

/** Relative to the largest value of all rows: what a large row left in the state is still there when small ones come. */
const nearPeak =
  (relative: number): Bound =>
  (want) =>
    nearInRow(want.values.length, relative)(want)

const kinds = [usual, adversarial]

/** Every `size` values in a row divided by their length, where they have one. */
function unitRows(values: Float32Array, size: number): Float32Array {
  return values.map((value, index) => {
    const first = index - (index % size)
    const length = Math.hypot(...values.subarray(first, first + size))
    return length === 0 ? 0 : value / length
  })
}

const decaysOf = ({ decays }: Kind, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, index) => decays[index % decays.length] as number)

const convolutions = new Suite('causal convolution', { sequences })
for (const [channels, kernel] of [
  [1, 4],
  [7, 2],
  [16, 4],
  [50, 3],
  [96, 4],
  [20, 7],
] as const) {
  for (const { name: kind, rows } of kinds) {
    const name = `${channels} channels, ${kernel} taps, ${kind}`
    const x = convolutions.rows(`x ${name}`, rows(channels), channels)
    const weight = convolutions.floats(`w ${name}`, normals(random, channels * kernel), [channels, kernel])
    const bias = convolutions.floats(`b ${name}`, normals(random, channels))
    const conv = ops.convCausal(convolutions.g, x, weight, bias, name)
    convolutions.output(name, conv, { bound: nearPeak(1e-6) })
    const silu = ops.activation(convolutions.g, ops.convCausal(convolutions.g, x, weight, bias, `${name} 2`), 'silu')
    convolutions.output(`${name}, silu`, silu, { bound: nearPeak(1e-6) })
  }
}
addBatches(convolutions)
testSuite(convolutions)

const scans = new Suite('selective scan', { sequences })
for (const [channels, N] of [
  [1, 1],
  [7, 3],
  [16, 16],
  [50, 12],
  [33, 18],
  [4, 64],
] as const) {
  for (const kind of kinds) {
    const name = `${channels} channels, ${N} values, ${kind.name}`
    const inputs = {
      u: scans.rows(`u ${name}`, kind.rows(channels), channels),
      delta: scans.rows(`delta ${name}`, kind.steps(channels), channels),
      A: scans.floats(`A ${name}`, decaysOf(kind, channels * N), [channels, N]),
      B: scans.rows(`B ${name}`, kind.rows(N), N),
      C: scans.rows(`C ${name}`, kind.rows(N), N),
      D: scans.floats(`D ${name}`, normals(random, channels)),
      z: scans.rows(`z ${name}`, kind.rows(channels), channels),
      deltaBias: scans.floats(`bias ${name}`, normals(random, channels)),
    }
    scans.output(name, ops.selectiveScan(scans.g, inputs, name), { bound: nearPeak(4e-6) })
  }
}
addBatches(scans)
testSuite(scans)

const duals = new Suite('state-space dual', { sequences })
for (const [H, P, G, N, bounds] of [
  [1, 4, 1, 8, [0, Infinity]],
  [4, 16, 2, 16, [0.1, 0.5]],
  [3, 5, 3, 7, [0, Infinity]],
  [2, 64, 1, 128, [0, 0.02]],
  [6, 18, 2, 12, [0.2, Infinity]],
  [2, 1, 1, 1, [0, Infinity]],
] as const) {
  for (const kind of kinds) {
    const name = `${H} heads of ${P}, ${G} groups, ${N} values, ${kind.name}`
    const inputs = {
      x: duals.rows(`x ${name}`, kind.rows(H * P), H * P),
      dt: duals.rows(`dt ${name}`, kind.steps(H), H),
      A: duals.floats(`A ${name}`, decaysOf(kind, H)),
      B: duals.rows(`B ${name}`, kind.rows(G * N), G * N),
      C: duals.rows(`C ${name}`, kind.rows(G * N), G * N),
      D: duals.floats(`D ${name}`, normals(random, H)),
      dtBias: duals.floats(`bias ${name}`, normals(random, H)),
    }
    duals.output(name, ops.ssd(duals.g, inputs, { groups: G, stepBounds: bounds }, name), { bound: nearPeak(4e-6) })
  }
}
addBatches(duals)
testSuite(duals)

const deltas = new Suite('gated delta rule', { sequences })
for (const [Hk, H, N, P, sharing] of [
  [1, 1, 8, 16, 'grouped'],
  [2, 4, 16, 8, 'grouped'],
  [2, 6, 16, 8, 'tiled'],
  [3, 3, 5, 7, 'grouped'],
  [1, 3, 12, 33, 'grouped'],
  [2, 2, 64, 64, 'tiled'],
  [1, 2, 1, 1, 'grouped'],
] as const) {
  for (const kind of kinds) {
    const name = `${H} heads of ${P}, ${Hk} of keys of ${N}, ${sharing}, ${kind.name}`
    const inputs = {
      q: deltas.rows(`q ${name}`, kind.rows(Hk * N), Hk * N),
      // Longer keys would let the state grow without bound.
      k: deltas.rows(`k ${name}`, unitRows(kind.rows(Hk * N), N), Hk * N),
      v: deltas.rows(`v ${name}`, kind.rows(H * P), H * P),
      alpha: deltas.rows(`alpha ${name}`, kind.steps(H), H),
      beta: deltas.rows(`beta ${name}`, kind.rows(H), H),
      A: deltas.floats(`A ${name}`, decaysOf(kind, H)),
      alphaBias: deltas.floats(`bias ${name}`, normals(random, H)),
    }
    deltas.output(name, ops.gatedDelta(deltas.g, inputs, { keyHeads: Hk, sharing }, name), { bound: nearPeak(4e-6) })
  }
}
addBatches(deltas)
testSuite(deltas)

it('a state or a filter too long to be written out is refused when the graph is loaded', async () => {
  const wide = new Suite('wide')
  const x = wide.rows('x', new Float32Array(8), 4)
  ops.convCausal(wide.g, x, wide.floats('w', new Float32Array(400), [4, 100]), wide.floats('b', new Float32Array(4)))
  await using device = createWasmDevice()
  const cache = { pages: 1, sequences: 1, type: 'f32' } as const
  await expect(device.load(wide.g, wide.weights, { maxTokens: 1, maxRows: 1, cache })).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('at most 64 taps'),
  })
})

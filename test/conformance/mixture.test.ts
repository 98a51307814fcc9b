/** Mixtures of experts: routing, the matmuls of the chosen experts bit by bit as the device's own dense ones, the sum by weight. */
import { blockTypeOf } from '../../src/quant/index.ts'
import { adversarialBlocks } from '../support/adversarial-blocks.ts'
import type { QuantisedType } from '../support/adversarial-blocks.ts'
import { mixedRows, normals, seeded } from './random-values.ts'
import { exact, near, Suite, testSuite } from './suite.ts'
import type { Bound, Outputs } from './suite.ts'
import { ops } from './tensor.ts'

/** Below, at and above a tile of 4 and a segment of 64 slots. */
const tokenCounts = [1, 2, 3, 5, 64, 65, 127]
const mostTokens = Math.max(...tokenCounts)

function addBatches(suite: Suite, counts = tokenCounts): void {
  for (const count of counts) suite.batch(Array.from({ length: count }, (_, index) => index))
  suite.batch([3, 3, 1, 0, 2])
}

// --- routing ----------------------------------------------------------------------------------------------------------

const routing = new Suite('route')
for (const [E, k] of [
  [1, 1],
  [4, 1],
  [8, 2],
  [7, 7],
  [61, 6],
]) {
  const logits = normals(seeded(E), mostTokens * E, 3)
  // Rows of equal values, of pairs of equal values, of values too far apart for a softmax in f32, and of infinities.
  logits.fill(0.25, 0, E)
  for (let e = 0; e < E; e++) {
    logits[E + e] = Math.floor(e / 2) % 3
    logits[2 * E + e] = (e % 3) * 500 - 1000
    logits[3 * E + e] = e % 4 === 0 ? e : -Infinity
  }
  const table = routing.rows(`logits ${E}`, logits, E)
  for (const renormalise of [true, false]) {
    const choices = ops.route(routing.g, table, { k, renormalise, scale: renormalise ? 1 : 2.5 })
    const { experts, weights } = ops.splitChoices(routing.g, choices)
    const name = `${k} of ${E}${renormalise ? ', renormalised' : ''}`
    routing.output(`${name}: experts`, experts, { bound: exact })
    routing.output(`${name}: weights`, weights, { bound: near(2e-6, 1e-30) })
  }
}
addBatches(routing)
testSuite(routing)

// --- experts ----------------------------------------------------------------------------------------------------------

/** Choices [T, 2 k]: most tokens take expert 0 and others beside it, nobody takes the last one, and some choices are none. */
function randomChoices(E: number, k: number): Float32Array {
  const random = seeded(E * 10 + k)
  const choices = new Float32Array(mostTokens * 2 * k)
  for (let t = 0; t < mostTokens; t++) {
    const others = Array.from({ length: E - 2 }, (_, index) => index + 1)
    for (let rank = 0; rank < k; rank++) {
      const taken =
        rank === 0 && t % 8 !== 5 ? 0 : (others.splice(Math.floor(random.float() * others.length), 1)[0] ?? -1)
      choices[t * 2 * k + rank] = t % 7 === 3 && rank === k - 1 ? -1 : taken
      choices[t * 2 * k + k + rank] = random.float()
    }
  }
  return choices
}

/** What experts should give: for each choice of each token the row that the dense matmul of its expert gave, and the bias. */
function selectRows(choices: Float32Array, k: number, n: number, dense: DenseName, bias?: Float32Array) {
  return (tokens: Int32Array, own: Outputs) => {
    const values = new Float32Array(tokens.length * k * n)
    tokens.forEach((token, t) => {
      for (let rank = 0; rank < k; rank++) {
        const expert = choices[token * 2 * k + rank]
        if (expert < 0) continue
        const row = own.get(dense(expert, rank))?.subarray(t * n, (t + 1) * n) ?? new Float32Array(0)
        values.set(
          row.map((value, i) => value + (bias?.[expert * n + i] ?? 0)),
          (t * k + rank) * n,
        )
      }
    })
    return { values }
  }
}

type DenseName = (expert: number, rank: number) => string

/** The dense kernels have tests of their own in `matmul.test.ts`. */
const whatever: Bound = () => () => Infinity

interface ExpertCase {
  readonly E: number
  readonly k: number
  readonly n: number
  readonly width: number
}

function addExperts(suite: Suite, type: 'f32' | QuantisedType, { E, k, n, width }: ExpertCase): void {
  const { g } = suite
  const random = seeded(n)
  const { blockLength, blockBytes } = blockTypeOf(type)
  const count = E * n * width
  const bytes =
    type === 'f32'
      ? new Uint8Array(normals(random, count, 0.1).buffer)
      : adversarialBlocks(type, count, 'random', random)
  const bytesOfOne = ((n * width) / blockLength) * blockBytes
  const name = `${E} x [${n}, ${width}], ${k} a token`
  const given = randomChoices(E, k)
  const choices = suite.rows(`choices of ${name}`, given, 2 * k)
  const weight = suite.blocks(name, type, bytes, [E, n, width])
  const biasValues = normals(random, E * n)
  const bias = suite.floats(`bias of ${name}`, biasValues, [E, n])
  const singles = Array.from({ length: E }, (_, expert) => {
    const own = bytes.slice(expert * bytesOfOne, (expert + 1) * bytesOfOne)
    return suite.blocks(`${name}, expert ${expert}`, type, own, [n, width])
  })
  for (const inputs of new Set([1, k])) {
    const x = suite.rows(`x ${inputs} of ${name}`, mixedRows(random, mostTokens, inputs * width), inputs * width)
    const dense: DenseName = (expert, rank) => `${name}, dense expert ${expert}, input ${rank % inputs} of ${inputs}`
    for (let rank = 0; rank < inputs; rank++) {
      const row = inputs === 1 ? x : ops.slice(g, x, { start: rank * width, size: width })
      singles.forEach((single, expert) =>
        suite.output(dense(expert, rank), ops.matmul(g, row, single), { bound: whatever }),
      )
    }
    suite.output(`${name}, inputs ${inputs}`, ops.expertLinear(g, x, choices, { weight }), {
      bound: exact,
      expected: selectRows(given, k, n, dense),
    })
    suite.output(`${name}, inputs ${inputs}, biased`, ops.expertLinear(g, x, choices, { weight, bias }), {
      bound: exact,
      expected: selectRows(given, k, n, dense, biasValues),
    })
  }
}

for (const type of ['f32', 'q4_0', 'q4_k', 'q8_0', 'iq4_nl'] as const) {
  const suite = new Suite(`experts of ${type}`)
  const block = blockTypeOf(type).blockLength
  addExperts(suite, type, { E: 4, k: 2, n: 33, width: Math.max(block, 32) })
  addExperts(suite, type, { E: 9, k: 3, n: 48, width: Math.max(2 * block, 20) })
  addBatches(suite)
  testSuite(suite)
}

/** More rows than are read at once, and not a multiple of 16. */
const large = new Suite('experts of several stretches')
addExperts(large, 'f32', { E: 3, k: 1, n: 1045, width: 1024 })
large.batch([0, 1, 2, 3, 4])
testSuite(large)

// --- sums and whole mixtures ------------------------------------------------------------------------------------------

const sums = new Suite('sums of experts')
for (const [k, D] of [
  [1, 1],
  [2, 32],
  [3, 50],
]) {
  const choices = sums.rows(`choices ${k}`, randomChoices(k + 3, k), 2 * k)
  const y = sums.rows(`y ${D}`, normals(seeded(D), mostTokens * k * D), k * D)
  sums.output(`${k} of ${D}`, ops.combineExperts(sums.g, y, choices), { bound: near(1e-6, 1e-6) })
  const gate = sums.rows(`gate ${D}`, normals(seeded(k), mostTokens), 1)
  sums.output(`rows of ${k * D} times a gate`, ops.scaleRows(sums.g, y, gate), { bound: exact })
  sums.output(`values of ${k * D} clamped`, ops.clamp(sums.g, y, 0.75), { bound: exact })
}
addBatches(sums)
testSuite(sums)

/** Whatever the router says: where all experts are alike and weights add up to 1, a mixture is one dense block. */
for (const type of ['f32', 'q4_0', 'q4_k', 'q8_0'] as const) {
  const [E, k, D, F] = [5, 3, 256, 256]
  const suite = new Suite(`alike experts of ${type}`)
  const { g } = suite
  const random = seeded(31)
  const x = suite.rows('x', normals(random, mostTokens * D), D)
  const logits = suite.rows('logits', normals(random, mostTokens * E), E)
  const alike = (name: string, n: number, columns: number) => {
    const one =
      type === 'f32'
        ? new Uint8Array(normals(random, n * columns, columns ** -0.5).buffer)
        : adversarialBlocks(type, n * columns, 'random', random)
    const all = new Uint8Array(E * one.length)
    for (let expert = 0; expert < E; expert++) all.set(one, expert * one.length)
    return {
      dense: suite.blocks(`${name} dense`, type, one, [n, columns]),
      expert: { weight: suite.blocks(name, type, all, [E, n, columns]) },
    }
  }
  const [gate, up, down] = [alike('gate', F, D), alike('up', F, D), alike('down', D, F)]
  const inner = ops.glu(g, ops.matmul(g, x, gate.dense), ops.matmul(g, x, up.dense), 'silu')
  suite.output('dense', ops.matmul(g, inner, down.dense), { bound: whatever })
  const choices = ops.route(g, logits, { k, renormalise: true })
  const hidden = ops.glu(
    g,
    ops.expertLinear(g, x, choices, gate.expert),
    ops.expertLinear(g, x, choices, up.expert),
    'silu',
  )
  suite.output('mixture', ops.combineExperts(g, ops.expertLinear(g, hidden, choices, down.expert), choices), {
    bound: near(1e-6, 1e-12),
    expected: (_, own) => ({ values: own.get('dense') ?? new Float32Array(0) }),
  })
  addBatches(suite)
  testSuite(suite)
}

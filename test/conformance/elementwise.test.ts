/** Ops on single values, rows and heads: functions, gates, norms, rotary embedding, copies, look-ups. */
import { expect, it } from 'vitest'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import { blockTypeOf } from '../../src/quant/index.ts'
import { adversarialBlocks, quantisedTypes } from '../support/adversarial-blocks.ts'
import { mixedRows, normals, seeded } from './random-values.ts'
import { exact, near, nearInRow, Suite, testSuite } from './suite.ts'
import { ops } from './tensor.ts'

/** Widths with and without a rest after whole vectors. */
const widths = [1, 7, 32, 50]
const mostTokens = 65

function addBatches(suite: Suite): void {
  for (const count of [1, 2, 3, 5, 64, mostTokens]) suite.batch(Array.from({ length: count }, (_, index) => index))
}

/** Rows of normal values with every value at which a function may turn over among them. */
function turningPoints(width: number): Float32Array {
  const values = normals(seeded(width), mostTokens * width, 3)
  const special = [0, -0, 1, -1, 20, -20, 87, -87, 88, -88, 100, -100, 1e4, -1e4, 1e-8, -1e-8, 1e-30, 0.5, 12.5, -12.5]
  special.forEach((value, index) => {
    if (index < values.length) values[(index * 3) % values.length] = value
  })
  return values
}

const functions = new Suite('functions')
// Absolute errors are those of the polynomials: 1.5e-7 for erf, an ulp or two of e^x for the others.
const kinds = ['silu', 'gelu-tanh', 'gelu-erf', 'relu', 'sigmoid', 'tanh', 'softplus'] as const
for (const width of widths) {
  const x = functions.rows(`x ${width}`, turningPoints(width), width)
  const up = functions.rows(`up ${width}`, normals(seeded(3), mostTokens * width, 10), width)
  for (const kind of kinds) {
    functions.output(`${kind} ${width}`, ops.activation(functions.g, x, kind), { bound: near(2e-6, 4e-7) })
    if (ops.gluKinds.some((known) => known === kind)) {
      const gated = ops.glu(functions.g, x, up, kind as ops.GluKind)
      functions.output(`glu ${kind} ${width}`, gated, { bound: near(2e-6, 2e-5) })
    }
  }
  functions.output(`softcap ${width}`, ops.softcap(functions.g, x, 30), { bound: near(1e-6, 1e-5) })
  functions.output(`scale ${width}`, ops.scale(functions.g, x, -0.37), { bound: near(2 ** -23) })
  functions.output(`add ${width}`, ops.add(functions.g, x, up), { bound: exact })
  functions.output(`multiply ${width}`, ops.multiply(functions.g, x, up), { bound: exact })
}
addBatches(functions)
testSuite(functions)

const exponentials = new Suite('exp')
const arguments_ = Float32Array.from({ length: mostTokens * 40 }, (_, i) => -87 + (i * 175) / (mostTokens * 40))
exponentials.output('exp', ops.activation(exponentials.g, exponentials.rows('x', arguments_, 40), 'exp'), {
  bound: near(4e-7),
})
addBatches(exponentials)
testSuite(exponentials)

const vectors = new Suite('rows with a vector')
for (const width of widths) {
  const x = vectors.rows(`x ${width}`, normals(seeded(5), mostTokens * width), width)
  const vector = vectors.floats(`v ${width}`, normals(seeded(6), width))
  vectors.output(`add ${width}`, ops.add(vectors.g, x, vector), { bound: exact })
  vectors.output(`multiply ${width}`, ops.multiply(vectors.g, x, vector), { bound: exact })
}
addBatches(vectors)
testSuite(vectors)

const norms = new Suite('norms')
for (const [width, group] of [
  [32, 32],
  [50, 50],
  [7, 7],
  [96, 12],
  [60, 5],
  [576, 576],
]) {
  const x = norms.rows(`x ${width}`, mixedRows(seeded(9), mostTokens, width), width)
  const weight = norms.floats(`w ${width}`, normals(seeded(10), group))
  norms.output(`rms ${width} by ${group}`, ops.rmsNorm(norms.g, x, weight, 1e-5), { bound: near(4e-6, 1e-30) })
  if (group !== width) continue
  norms.output(`softmax ${width}`, ops.softmax(norms.g, x), { bound: near(4e-6, 1e-30) })
  const bias = norms.floats(`b ${width}`, normals(seeded(11), width))
  // A mean far from zero is taken off in f32, so errors are relative to the row.
  norms.output(`layer ${width}`, ops.layerNorm(norms.g, x, weight, bias, 1e-5), { bound: nearInRow(width, 1e-5) })
  norms.output(`layer ${width} without bias`, ops.layerNorm(norms.g, x, weight, undefined, 1e-5), {
    bound: nearInRow(width, 1e-5),
  })
}
addBatches(norms)
testSuite(norms)

const ropes = new Suite('rope', { pages: 2 ** 11 })
for (const style of ['neox', 'interleaved'] as const) {
  for (const [heads, headDim, pairs] of [
    [1, 8, 4],
    [3, 12, 6],
    [2, 64, 32],
    [2, 80, 16],
    [4, 6, 3],
    [1, 256, 128],
    [2, 10, 1],
  ]) {
    const name = `${style} ${heads} x ${headDim}, ${pairs} pairs`
    const x = ropes.rows(name, normals(seeded(12), mostTokens * heads * headDim), heads * headDim)
    const inverse = Float32Array.from({ length: pairs }, (_, i) => 10_000 ** (-i / pairs))
    const turned = ops.rope(ropes.g, x, ropes.floats(`f ${name}`, inverse), { headDim, style, scale: 1.25 })
    // The angle is rounded to f32 on the device: 2^-24 of 100,000 radians.
    ropes.output(name, turned, { bound: near(1e-6, 2e-2) })
  }
}
addBatches(ropes)
ropes.batch([0, 1, 2, 3, 4], { positions: [0, 63, 64, 4095, 100_000] })
testSuite(ropes)

const nearRopes = new Suite('rope at small positions')
for (const style of ['neox', 'interleaved'] as const) {
  const x = nearRopes.rows(style, normals(seeded(13), mostTokens * 128), 128)
  const inverse = Float32Array.from({ length: 32 }, (_, i) => 10_000 ** (-i / 32))
  const turned = ops.rope(nearRopes.g, x, nearRopes.floats(`f ${style}`, inverse), { headDim: 64, style, scale: 1 })
  nearRopes.output(style, turned, { bound: near(1e-6, 2e-5) })
}
addBatches(nearRopes)
testSuite(nearRopes)

const copies = new Suite('copies and look-ups')
const table = normals(seeded(14), mostTokens * 50)
const source = copies.rows('x', table, 50)
for (const [start, size] of [
  [0, 50],
  [0, 1],
  [13, 7],
  [49, 1],
  [16, 32],
]) {
  const sliced = ops.slice(copies.g, source, { start, size })
  copies.output(`slice ${start}, ${size}`, sliced, { bound: exact })
}
copies.output('rows', ops.rows(copies.g, source, copies.g.input('rows')), { bound: exact })
for (const type of [...quantisedTypes, 'f16', 'bf16', 'iq4_xs'] as const) {
  const { blockLength, blockBytes } = blockTypeOf(type)
  const width = Math.max(32, blockLength)
  const quantised = quantisedTypes.find((known) => known === type)
  const bytes =
    quantised === undefined
      ? Uint8Array.from({ length: (mostTokens * width * blockBytes) / blockLength }, (_, i) =>
          i % 7 === 1 ? 0x11 : i & 0x3f,
        )
      : adversarialBlocks(quantised, mostTokens * width, 'random', seeded(15))
  const name = `embedding of ${type}`
  const weight = copies.blocks(name, type, bytes, [mostTokens, width])
  const looked = ops.embedding(copies.g, weight, copies.g.input('tokens'))
  copies.output(name, looked, { bound: exact })
  // A tied weight has both uses; its look-up reads the panels of the matmul.
  const tied = copies.blocks(`tied ${type}`, type, bytes, [mostTokens, width])
  copies.output(`tied embedding of ${type}`, ops.embedding(copies.g, tied, copies.g.input('tokens')), { bound: exact })
  const scores = ops.matmul(copies.g, looked, tied)
  copies.output(`head of ${type}`, scores, { bound: nearInRow(mostTokens, 2e-2) })
}
addBatches(copies)
copies.batch([5, 4, 3, 2, 64], { rows: [4, 0, 0, 2] })
copies.batch([5, 4], { rows: [] })
testSuite(copies)

it('an op without a kernel is refused by name when the graph is loaded', async () => {
  const suite = new Suite('logsumexp')
  suite.output('logsumexp', ops.logsumexp(suite.g, suite.rows('x', new Float32Array(4), 4)), { bound: exact })
  const options = { maxTokens: 1, maxRows: 1, cache: { pages: 1, sequences: 1, type: 'f32' } } as const
  const loaded = createWasmDevice().load(suite.g, suite.weights, options)
  await expect(loaded).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('logsumexp') })
})

/** Matmuls of every weight type, against exact arithmetic on the activations as the device rounds them. */
import { blockTypeOf } from '../../src/quant/index.ts'
import { adversarialBlocks, blockPatterns, quantisedTypes, termSizes } from '../support/adversarial-blocks.ts'
import type { QuantisedType } from '../support/adversarial-blocks.ts'
import { product, roundActivations } from './quantised-product.ts'
import type { CodeLimit, Product } from './quantised-product.ts'
import { mixedRows, normals, seeded } from './random-values.ts'
import { exact, Suite, testSuite } from './suite.ts'
import type { Bound, SuiteOutput } from './suite.ts'
import { ops } from './tensor.ts'
import type { Tensor, WeightType } from './tensor.ts'

/** Tokens of one run: below, at and above the tiles of 4 and 6 tokens, what fills several of them, what unpacks panels, and the chunk of 64. */
const tokenCounts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 19, 64, 65]
const mostTokens = Math.max(...tokenCounts)

/** Weights of 8 bits meet activations of 16. */
const codeLimit = (type: WeightType): CodeLimit => (type === 'q8_0' || type === 'iq4_nl' ? 32767 : 127)

/**
 * Each of the K / 16 partial sums and the few products behind it round once, relative to what was added up so far, hence
 * (K / 16 + 8) * 2^-24 of the sum of all sizes; float kernels add up all K. Scales are kept 2^112 too small on the way, where
 * f32 ends at 2^-149: an absolute error of 2^-37 a term.
 */
const roundingBound =
  (terms: number): Bound =>
  ({ sizes }) =>
  (index) =>
    (terms + 8) * 2 ** -24 * (sizes?.[index] ?? 0) + terms * 2 ** -36

/** Exact results by rows of x [*, K], computed once for all devices. */
function expectation(x: Float32Array, k: number, terms: number, compute: (rows: Float32Array) => Product): SuiteOutput {
  const computed = new Map<string, Product>()
  return {
    bound: roundingBound(terms),
    expected(tokens) {
      const known = computed.get(tokens.join())
      if (known !== undefined) return known
      const rows = new Float32Array(tokens.length * k)
      tokens.forEach((token, t) => rows.set(x.subarray(token * k, (token + 1) * k), t * k))
      const result = compute(rows)
      computed.set(tokens.join(), result)
      return result
    },
  }
}

function quantisedSuite(type: QuantisedType): Suite {
  const { blockLength } = blockTypeOf(type)
  const suite = new Suite(`matmul of ${type}`)
  const random = seeded(type.length * 101)
  for (const k of blockLength === 256 ? [256, 768] : [32, 96, 512]) {
    const x = mixedRows(random, mostTokens, k)
    const rows = suite.rows(`x${k}`, x, k)
    blockPatterns.forEach((pattern, index) => {
      const n = [33, 16, 1, 48, 7][index]
      const bytes = adversarialBlocks(type, n * k, pattern, random)
      const values = new Float32Array(n * k)
      blockTypeOf(type).decode(bytes, values)
      const sizes = termSizes(type, bytes, n * k)
      const name = `${pattern} [${n}, ${k}]`
      const result = ops.matmul(suite.g, rows, suite.blocks(name, type, bytes, [n, k]))
      const exactly = (some: Float32Array) => product(roundActivations(some, codeLimit(type)), values, sizes, k)
      suite.output(name, result, expectation(x, k, k / 16, exactly))
      addAdditions(suite, name, () => ops.matmul(suite.g, rows, suite.g.weight(name, [n, k], type)), n)
    })
  }
  addBatches(suite)
  return suite
}

/** What the device adds while it stores, a bias, a residual or both, gives the same bits as its own product and additions after it. */
function addAdditions(suite: Suite, name: string, product: () => Tensor, n: number): void {
  const biasValues = normals(seeded(n + 1), n, 100)
  const bias = suite.floats(`bias of ${name}`, biasValues)
  const residualValues = normals(seeded(n), mostTokens * n, 100)
  const residual = suite.rows(`residual of ${name}`, residualValues, n)
  const biased = (value: number, i: number) => Math.fround(value + biasValues[i % n])
  const added = (value: number, i: number, tokens: Int32Array) =>
    Math.fround(value + residualValues[tokens[Math.floor(i / n)] * n + (i % n)])
  const check = (label: string, result: Tensor, add: (value: number, i: number, tokens: Int32Array) => number) =>
    suite.output(`${label} + ${name}`, result, {
      bound: exact,
      expected: (tokens, own) => {
        const alone = own.get(name) ?? new Float32Array(0)
        return { values: alone.map((value, i) => add(value, i, tokens)) }
      },
    })
  check('residual', ops.add(suite.g, residual, product()), added)
  check('bias', ops.add(suite.g, product(), bias), biased)
  check('bias and residual', ops.add(suite.g, ops.add(suite.g, product(), bias), residual), (value, i, tokens) =>
    added(biased(value, i), i, tokens),
  )
}

function floatSuite(type: 'f32' | 'f16' | 'bf16'): Suite {
  const suite = new Suite(`matmul of ${type}`)
  const random = seeded(7)
  for (const [k, n] of [
    [5, 3],
    [32, 17],
    [96, 16],
    [200, 40],
  ]) {
    const { encode, decode, blockBytes } = blockTypeOf(type)
    const bytes = new Uint8Array(n * k * blockBytes)
    encode?.(mixedWeights(type, normals(random, n * k, 0.05)), bytes)
    const values = new Float32Array(n * k)
    decode(bytes, values)
    const x = mixedRows(random, mostTokens, k)
    const activations = suite.rows(`x${k}`, x, k)
    const weight = suite.blocks(`w${k}`, type, bytes, [n, k])
    const result = ops.matmul(suite.g, activations, weight)
    const sizes = values.map(Math.abs)
    suite.output(
      `[${n}, ${k}]`,
      result,
      expectation(x, k, k, (rows) => product(rows, values, sizes, k)),
    )
    addAdditions(suite, `[${n}, ${k}]`, () => ops.matmul(suite.g, activations, weight), n)
  }
  addBatches(suite)
  return suite
}

/** Some weights at the ends of their type: largest finite f16, its denormals. */
function mixedWeights(type: 'f32' | 'f16' | 'bf16', values: Float32Array): Float32Array {
  return values.map((value, index) => {
    if (index % 11 === 3) return type === 'f16' ? 6e-8 : 1e-30
    if (index % 29 === 5) return type === 'f16' ? -65504 : -1e6
    return value
  })
}

function addBatches(suite: Suite): void {
  for (const count of tokenCounts) suite.batch(Array.from({ length: count }, (_, index) => index))
  suite.batch([3, 3, 1, 0, 64, 2])
}

for (const type of quantisedTypes) testSuite(quantisedSuite(type))
for (const type of ['f32', 'f16', 'bf16'] as const) testSuite(floatSuite(type))

/** The RG-LRU: blocks with and without a rest after whole vectors and stripes, rates from hardly any decay to all, interleaved documents. */
import { normals, seeded } from './random-values.ts'
import { near, Suite, testSuite } from './suite.ts'
import { ops } from './tensor.ts'

const mostTokens = 65
const sequences = 3

/** [blocks, width]: 70 passes the stripe that one thread takes at a time. */
const shapes = [
  [1, 1],
  [5, 3],
  [4, 4],
  [4, 10],
  [3, 70],
  [2, 144],
] as const

/** What decides the rate of decay, in turn: softplus from 1e-9, where a rounds to 1, over the trained range to 100. */
const lambdas = [-20, -6.9, -4, -2.2, 0, 1, 8, 100]

const suite = new Suite('rg-lru', { sequences })
for (const [blocks, width] of shapes) {
  const R = blocks * width
  const name = `${blocks} x ${width}`
  const random = seeded(R)
  const gate = (part: string, scale: number) =>
    suite.floats(`${part} ${name}`, normals(random, R * width, scale), [blocks, width, width])
  const bias = (part: string, scale: number) =>
    suite.floats(`${part} ${name}`, normals(random, R, scale), [blocks, width])
  const inputs = {
    x: suite.rows(`x ${name}`, normals(random, mostTokens * R), R),
    lambda: suite.floats(
      `lambda ${name}`,
      Float32Array.from({ length: R }, (_, i) => lambdas[i % lambdas.length]),
    ),
    inputGate: gate('input', width ** -0.5),
    inputGateBias: bias('input bias', 4),
    recurrentGate: gate('recurrent', width ** -0.5),
    recurrentGateBias: bias('recurrent bias', 4),
  }
  // A product of up to 144 terms moves a gate by some 1e-6.
  suite.output(name, ops.rgLru(suite.g, inputs), { bound: near(2e-6, 3e-6) })
}

const tokens = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
for (const count of [1, 2, 3, 4, 5, mostTokens]) suite.batch(tokens(count))
// Each sequence goes on where its last run ended ...
suite.batch(tokens(31), {
  sequences: tokens(31).map((t) => t % 3),
  positions: tokens(31).map((t) => mostTokens + Math.floor(t / 3)),
})
suite.batch([7, 8, 9], { sequences: [2, 0, 1], positions: [80, 80, 80] })
// ... and a new document begins in the middle of a run.
suite.batch(tokens(12), { positions: [100, 101, 102, 0, 1, 2, 3, 4, 0, 0, 1, 2] })
testSuite(suite)

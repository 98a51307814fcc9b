/**
 * Mixtures of experts: a Mixtral-shaped file against the peer, and one layer's grouped matmul against the two forms that need no sorting:
 * every expert padded to the fullest one, and dispatch and return as products with one-hot matrices besides.
 */
import { availableParallelism } from 'node:os'
import { startHelperThread } from '../src/devices/wasm/helper-thread.node.ts'
import { createWasmDevice } from '../src/devices/wasm/index.ts'
import { v8Compiler } from '../src/devices/wasm/v8-compiler.node.ts'
import { constantSource, Graph } from '../src/tensor/index.ts'
import type { Batch, Tensor, WeightSource } from '../src/tensor/index.ts'
import * as ops from '../src/tensor/ops/index.ts'
import { createRandom } from '../src/util/random.ts'
import { randomBlocks } from '../test/support/random-blocks.ts'
import { type Figure, median, ratioOf } from './figure.ts'
import { shapedModel } from './models.ts'
import type { BenchOptions } from './suite.ts'
import { throughput } from './throughput.ts'

/** One layer: T tokens, E experts of which each token takes k, widths D and F. */
const [T, E, k, D, F] = [256, 8, 2, 1024, 3584]

/** Tokens of the fullest expert over the mean, up to E / k: there every token has chosen it. */
const imbalances = [1, 1.5, 2, 3, E / k]

export async function* mixture(options: BenchOptions): AsyncGenerator<Figure> {
  const model = await shapedModel('mixtral-8x0.1b', 'q4_0')
  yield await throughput('decode', model, { must: 1, aim: 1.3 }, options)
  yield await throughput('prefill', model, { must: 0.9, aim: 1.2 }, options)
  if (options.peers.includes('ostro')) yield* oneLayer(options)
}

async function* oneLayer({ runs }: BenchOptions): AsyncGenerator<Figure> {
  const fullest = imbalances.map((imbalance) => Math.round((imbalance * T * k) / E))
  await using device = createDevice()
  const grouped = await Promise.all(fullest.map((most) => prepare(device, groupedForm(most), T, T)))
  const dense = await prepare(device, denseForm(), T, T)
  const dispatch = await Promise.all(fullest.map((most) => prepare(device, productForm(E * most, T, D), E * most, 0)))
  const back = await Promise.all(fullest.map((most) => prepare(device, productForm(T, E * most, D), T, 0)))
  for (const [index, imbalance] of imbalances.entries()) {
    const most = fullest[index]
    const times: Record<'grouped' | 'padded' | 'one-hot', number[]> = { grouped: [], padded: [], 'one-hot': [] }
    for (let run = 0; run < runs + 1; run++) {
      const padded = dense(most)
      const products = dispatch[index](E * most) + back[index](T)
      // The first run warms up.
      if (run === 0) grouped[index](T)
      else {
        times.grouped.push(grouped[index](T))
        times.padded.push(padded)
        times['one-hot'].push(padded + products)
      }
    }
    for (const form of ['padded', 'one-hot'] as const) {
      const [ours, peer] = [median(times.grouped), median(times[form])].map((timeMs) => (T * 1000) / timeMs)
      yield {
        figure: `one mixture, grouped against ${form}`,
        model: `q4_0, ${E} experts of ${F}, fullest ${imbalance}x the mean`,
        ours,
        peer,
        ratio: ratioOf(ours, peer),
        // Padding alone has neither routing nor gathering to do here, so at an even load it is the bound.
        must: imbalance === 1 ? '>= 0.9' : '>= 1.0',
        aim: undefined,
        unit: 'tokens/s',
        runs,
        note: `${T} tokens, kernels alone`,
      }
    }
  }
}

interface Form {
  readonly g: Graph
  readonly weights: Map<string, WeightSource>
}

const createDevice = () => {
  const compiler = v8Compiler()
  return createWasmDevice({
    threads: availableParallelism(),
    startHelperThread,
    ...(compiler === undefined ? {} : { compilers: [compiler] }),
  })
}

/** Loads a form; gives a function that answers the milliseconds of all its kernels with `tokens` tokens. */
async function prepare(
  device: ReturnType<typeof createDevice>,
  { g, weights }: Form,
  maxTokens: number,
  maxRows: number,
) {
  const cache = { pages: 1, sequences: 1, type: 'f32' } as const
  const program = await device.load(g, weights, { maxTokens, maxRows, cache })
  return (tokens: number): number => {
    const ids = Int32Array.from({ length: tokens }, (_, index) => index)
    const batch: Batch = {
      tokens: ids,
      positions: new Int32Array(tokens),
      sequences: new Int32Array(tokens),
      rows: new Int32Array(0),
    }
    return program.profile(batch, () => performance.now()).reduce((sum, { timeMs }) => sum + timeMs, 0)
  }
}

/** Routed: logits are such that expert 0 has `most` tokens and the others share what is left. */
function groupedForm(most: number): Form {
  const form = emptyForm()
  const { g } = form
  const x = rows(form, 'x', randomValues(T * D, 1), D)
  const choices = ops.route(g, rows(form, 'logits', routerLogits(most), E), { k, renormalise: true })
  const linear = (name: string, n: number, columns: number) => ({ weight: blocks(form, name, [E, n, columns]) })
  const gate = ops.expertLinear(g, x, choices, linear('gate', F, D))
  const up = ops.expertLinear(g, x, choices, linear('up', F, D))
  const down = ops.expertLinear(g, ops.glu(g, gate, up, 'silu'), choices, linear('down', D, F))
  g.output('y', ops.combineExperts(g, down, choices))
  return form
}

/** Every expert computes all rows that it is given. */
function denseForm(): Form {
  const form = emptyForm()
  const { g } = form
  const x = rows(form, 'x', randomValues(T * D, 1), D)
  for (let expert = 0; expert < E; expert++) {
    const gate = ops.matmul(g, x, blocks(form, `gate ${expert}`, [F, D]))
    const up = ops.matmul(g, x, blocks(form, `up ${expert}`, [F, D]))
    g.output(`y ${expert}`, ops.matmul(g, ops.glu(g, gate, up, 'silu'), blocks(form, `down ${expert}`, [D, F])))
  }
  return form
}

/** One-hot rows [N, K] times activations [K, D], as dispatch and return are written with einsum. */
function productForm(N: number, K: number, width: number): Form {
  const form = emptyForm()
  const oneHot = Float32Array.from({ length: N * K }, (_, index) => (index % K === Math.floor(index / K) % K ? 1 : 0))
  const activations = constantSource('activations', randomValues(width * K, 2), [width, K])
  form.weights.set('activations', activations)
  const hot = rows(form, 'one-hot', oneHot, K)
  form.g.output('y', ops.matmul(form.g, hot, form.g.weight('activations', [width, K], 'f32')))
  return form
}

const emptyForm = (): Form => ({ g: new Graph(), weights: new Map() })

function rows({ g, weights }: Form, name: string, values: Float32Array, width: number): Tensor {
  const shape = [values.length / width, width]
  weights.set(name, constantSource(name, values, shape))
  return ops.embedding(g, g.weight(name, shape, 'f32'), g.input('tokens'))
}

function blocks({ g, weights }: Form, name: string, shape: readonly number[]): Tensor {
  const columns = shape.at(-1) ?? 0
  const count = shape.reduce((product, dim) => product * dim, 1)
  const bytes = Buffer.concat([...randomBlocks('q4_0', 1 / Math.sqrt(columns), 1)(count)])
  const read = async (offset: number, into: Uint8Array): Promise<void> => {
    into.set(bytes.subarray(offset, offset + into.length))
  }
  weights.set(name, { name, shape, type: 'q4_0', sizeBytes: bytes.length, read })
  return g.weight(name, shape, 'q4_0')
}

function randomValues(count: number, seed: number): Float32Array {
  const { float } = createRandom(seed)
  return Float32Array.from({ length: count }, () => float() * 2 - 1)
}

/** Logits [T, E]: the first `most` tokens choose expert 0, and all choices besides go round the other experts in turn. */
function routerLogits(most: number): Float32Array {
  const logits = new Float32Array(T * E)
  let next = 0
  for (let t = 0; t < T; t++) {
    const chosen = t < most ? [0] : []
    while (chosen.length < k) chosen.push(1 + (next++ % (E - 1)))
    chosen.forEach((expert) => (logits[t * E + expert] = 5))
  }
  return logits
}

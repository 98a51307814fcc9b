/**
 * The kernels that walk states, one layer of a model of 130M parameters each: a single token against the memory bandwidth, a prompt
 * against the arithmetic of the f32 matmul of the same device.
 */
import { createWasmDevice } from '../src/devices/wasm/index.ts'
import { startHelperThread } from '../src/devices/wasm/helper-thread.node.ts'
import { v8Compiler } from '../src/devices/wasm/v8-compiler.node.ts'
import { constantSource, embedding, gatedDelta, Graph, matmul, rgLru, selectiveScan, ssd } from '../src/tensor/index.ts'
import type { Batch, Program, Tensor, WeightSource } from '../src/tensor/index.ts'
import { createRandom } from '../src/util/random.ts'
import { griffin130m } from '../test/support/generate-griffin.ts'
import { mamba130m } from '../test/support/generate-mamba.ts'
import { type Figure, median } from './figure.ts'
import type { BenchOptions } from './suite.ts'

/** As the engine has them. */
const compilers = [v8Compiler()].filter((compiler) => compiler !== undefined)

interface RecurrentKernel {
  readonly name: string
  readonly channels: number
  readonly write: (g: Graph, operands: Operands, layer: number) => Tensor
  /** Bytes that one token of one layer has to move: states, constants and rows. */
  readonly bytesOfToken: number
  /** Vector operations a token, in values: a multiply-add, a product or a sum of one value is one. */
  readonly operationsOfToken: number
}

interface Operands {
  /** Values from -`scale` / 2 to `scale` / 2; default 1. */
  readonly row: (name: string, width: number, scale?: number) => Tensor
  readonly constant: (name: string, shape: readonly number[], value?: number) => Tensor
}

const layers = mamba130m.layers
const promptLength = 256
const channels = 2 * mamba130m.width
const N = mamba130m.stateSize
const dual = { heads: 24, stateSize: 128, chunkTokens: 16 }
const dualState = channels * dual.stateSize
/** Heads as those of Qwen3-Next: two of values share one of keys. */
const delta = { heads: 12, keyHeads: 6, keySize: 128 }
/** Makes rows of 128 values about as long as the rule's keys: 1. */
const keyScale = 0.3
const lru = { blocks: griffin130m.heads, width: griffin130m.recurrentWidth / griffin130m.heads }

const kernels: readonly RecurrentKernel[] = [
  {
    name: 'selective scan',
    channels,
    write: (g, { row, constant }, layer) =>
      selectiveScan(g, {
        u: row('u', channels),
        delta: row('delta', channels),
        A: constant(`A ${layer}`, [channels, N], -1),
        B: row('B', N),
        C: row('C', N),
        D: constant(`D ${layer}`, [channels]),
        z: row('z', channels),
        deltaBias: constant(`bias ${layer}`, [channels]),
      }),
    // The state is read and written, A is read.
    bytesOfToken: 4 * (3 * channels * N + 2 * channels + 4 * channels + 2 * N),
    // An exponential takes 12, and 3 go into the recurrence; softplus, silu and the rest take 50 a channel.
    operationsOfToken: channels * (15 * N + 50),
  },
  {
    name: 'state-space dual',
    channels,
    write: (g, { row, constant }, layer) =>
      ssd(
        g,
        {
          x: row('x', channels),
          dt: row('dt', dual.heads),
          A: constant(`A ${layer}`, [dual.heads], -1),
          B: row('B', dual.stateSize),
          C: row('C', dual.stateSize),
          D: constant(`D ${layer}`, [dual.heads]),
          dtBias: constant(`bias ${layer}`, [dual.heads]),
        },
        { groups: 1 },
      ),
    // The state is read by every token, and read and written once more by the last of a chunk; the chunk's inputs are half there.
    bytesOfToken:
      4 * (dualState * (1 + 2 / dual.chunkTokens) + channels * (dual.chunkTokens / 2 + 3) + 3 * dual.stateSize),
    operationsOfToken: channels * (2 * dual.stateSize + dual.chunkTokens / 2) + (dual.stateSize * dual.chunkTokens) / 2,
  },
  {
    name: 'gated delta rule',
    channels,
    write: (g, { row, constant }, layer) =>
      gatedDelta(
        g,
        {
          q: row('q', delta.keyHeads * delta.keySize, keyScale),
          k: row('k', delta.keyHeads * delta.keySize, keyScale),
          v: row('v', channels),
          alpha: row('alpha', delta.heads),
          beta: row('beta', delta.heads),
          A: constant(`A ${layer}`, [delta.heads], -0.1),
          alphaBias: constant(`bias ${layer}`, [delta.heads]),
        },
        { keyHeads: delta.keyHeads },
      ),
    // As the dual; a token has a key and a query of its own for every head of keys.
    bytesOfToken:
      4 *
      (channels * delta.keySize * (1 + 2 / dual.chunkTokens) +
        channels * (dual.chunkTokens / 2 + 3) +
        4 * delta.keyHeads * delta.keySize),
    // The state meets a key and a query and is written once in a chunk; tokens of a chunk meet each other with both.
    operationsOfToken:
      channels * (3 * delta.keySize + dual.chunkTokens) + delta.keyHeads * delta.keySize * dual.chunkTokens,
  },
  {
    name: 'RG-LRU',
    channels: griffin130m.recurrentWidth,
    write: (g, { row, constant }, layer) => {
      const { blocks, width } = lru
      const gate = (name: string) => constant(`${name} ${layer}`, [blocks, width, width], 0.01)
      const bias = (name: string) => constant(`${name} bias ${layer}`, [blocks, width], 0)
      return rgLru(g, {
        x: row('x', blocks * width),
        lambda: constant(`lambda ${layer}`, [blocks * width], -4),
        inputGate: gate('input'),
        inputGateBias: bias('input'),
        recurrentGate: gate('recurrent'),
        recurrentGateBias: bias('recurrent'),
      })
    },
    bytesOfToken: 4 * lru.blocks * lru.width * (2 * lru.width + 8),
    // Two gates; two sigmoids, softplus, an exponential and its difference from 1 take 100 a channel.
    operationsOfToken: lru.blocks * lru.width * (2 * lru.width + 100),
  },
]

export async function* recurrentKernels(options: BenchOptions): AsyncGenerator<Figure> {
  for (const kernel of kernels) {
    if (!kernel.name.includes(options.modelFilter)) continue
    yield await tokenFigure(kernel, options)
    yield await promptFigure(kernel, options)
  }
}

async function tokenFigure(kernel: RecurrentKernel, options: BenchOptions): Promise<Figure> {
  const threads = Math.max(...options.threads)
  await using device = createWasmDevice({ threads, startHelperThread, compilers })
  const run = walker(await loadKernel(device, kernel, 1), 1)
  // A whole number of chunks, since their last token has more to do.
  const once = (): number => timeOf(run, 16 * dual.chunkTokens)
  once()
  const ms = median(Array.from({ length: options.runs }, once))
  const bandwidth = await options.readBandwidth()
  const reached = (kernel.bytesOfToken * layers) / ms / 1e6
  return {
    figure: `${kernel.name}, 1 token`,
    model: `${layers} layers of ${kernel.channels} channels`,
    ours: reached,
    peer: undefined,
    ratio: reached / bandwidth,
    must: '>= 0.5',
    aim: undefined,
    unit: 'GB/s',
    runs: options.runs,
    note: `${((1000 * ms) / layers).toFixed(0)} µs a layer, ${threads} threads; ratio is to the read bandwidth of ${bandwidth.toFixed(1)} GB/s`,
  }
}

async function promptFigure(kernel: RecurrentKernel, options: BenchOptions): Promise<Figure> {
  const threads = Math.max(...options.threads)
  await using device = createWasmDevice({ threads, startHelperThread, compilers })
  const run = walker(await loadKernel(device, kernel, promptLength), promptLength)
  const multiply = walker(await loadMatmul(device), promptLength)
  const rates = { kernel: [] as number[], matmul: [] as number[] }
  // In turn, so that both see the same machine. The first pair warms up.
  for (let pair = 0; pair <= 2 * options.runs; pair++) {
    const kernelMs = timeOf(run, 1)
    const matmulMs = timeOf(multiply, layers)
    if (pair === 0) continue
    rates.kernel.push((kernel.operationsOfToken * promptLength * layers) / kernelMs / 1e6)
    rates.matmul.push((matmulWidth ** 2 * promptLength) / matmulMs / 1e6)
  }
  const [reached, possible] = [median(rates.kernel), median(rates.matmul)]
  const layerMs = (kernel.operationsOfToken * promptLength) / reached / 1e6
  return {
    figure: `${kernel.name}, ${promptLength} tokens`,
    model: `${layers} layers of ${kernel.channels} channels`,
    ours: reached,
    peer: undefined,
    ratio: median(rates.kernel.map((rate, pair) => rate / (rates.matmul[pair] as number))),
    must: '>= 0.5',
    aim: undefined,
    unit: 'G operations/s',
    runs: options.runs,
    note: `${layerMs.toFixed(2)} ms a layer, ${threads} threads; ratio is to the ${possible.toFixed(0)} G multiply-adds/s of the f32 matmul`,
  }
}

/** Milliseconds of one of `repeats` runs. */
function timeOf(run: () => void, repeats: number): number {
  const started = performance.now()
  for (let repeat = 0; repeat < repeats; repeat++) run()
  return (performance.now() - started) / repeats
}

const pages = 512
const mostPositions = 64 * pages

/** Runs the next `T` tokens of one endless text. */
function walker(program: Program, T: number): () => void {
  let start = 0
  return () => {
    const batch: Batch = {
      tokens: new Int32Array(T),
      positions: Int32Array.from({ length: T }, (_, index) => start + index),
      sequences: new Int32Array(T),
      rows: Int32Array.of(0),
    }
    program.run(batch)
    start = start + 2 * T > mostPositions ? 0 : start + T
  }
}

async function loadKernel(
  device: ReturnType<typeof createWasmDevice>,
  { write }: RecurrentKernel,
  T: number,
): Promise<Program> {
  const g = new Graph()
  const weights = new Map<string, WeightSource>()
  const operands = operandsOf(g, weights)
  for (let layer = 0; layer < layers; layer++) g.output(`out ${layer}`, write(g, operands, layer))
  return device.load(g, weights, { maxTokens: T, maxRows: 1, cache: { pages, sequences: 1, type: 'f32' } })
}

const matmulWidth = 768

async function loadMatmul(device: ReturnType<typeof createWasmDevice>): Promise<Program> {
  const g = new Graph()
  const weights = new Map<string, WeightSource>()
  const { row, constant } = operandsOf(g, weights)
  g.output('out', matmul(g, row('x', matmulWidth), constant('w', [matmulWidth, matmulWidth], 0.01)))
  return device.load(g, weights, { maxTokens: promptLength, maxRows: 1, cache: { pages, sequences: 1, type: 'f32' } })
}

function operandsOf(g: Graph, weights: Map<string, WeightSource>): Operands {
  const random = createRandom(1)
  const rows = new Map<string, Tensor>()
  return {
    constant(label, shape, value = 1) {
      const count = shape.reduce((product, dim) => product * dim, 1)
      weights.set(label, constantSource(label, new Float32Array(count).fill(value), shape))
      return g.weight(label, shape, 'f32')
    },
    row(label, width, scale = 1) {
      const known = rows.get(label)
      if (known !== undefined) return known
      const values = Float32Array.from({ length: width }, () => scale * (random.float() - 0.5))
      weights.set(label, constantSource(label, values, [1, width]))
      const made = embedding(g, g.weight(label, [1, width], 'f32'), g.input('tokens'), label)
      rows.set(label, made)
      return made
    },
  }
}

/**
 * Recurrent models: decoding against the peer, time and memory of a token behind longer and longer texts, and what share of the memory
 * bandwidth the kernels that walk the states reach.
 */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWasmDevice } from '../src/devices/wasm/index.ts'
import { startHelperThread } from '../src/devices/wasm/helper-thread.node.ts'
import { v8Compiler } from '../src/devices/wasm/v8-compiler.node.ts'
import { openGguf } from '../src/formats/gguf/open-gguf.node.ts'
import { openModel } from '../src/models/index.ts'
import { constantSource, Graph, selectiveScan, embedding, ssd } from '../src/tensor/index.ts'
import type { Batch, Tensor, WeightSource } from '../src/tensor/index.ts'
import { measureStates } from '../src/tensor/state-slots.ts'
import { createRandom } from '../src/util/random.ts'
import { generateMamba, mamba130m } from '../test/support/generate-mamba.ts'
import { type Figure, median, ratioOf } from './figure.ts'
import { interleave } from './interleave.ts'
import { promptTokens } from './models.ts'
import { startPeer } from './peers/peer-process.ts'
import type { BenchOptions } from './suite.ts'

/** As the engine has them. */
const compilers = [v8Compiler()].filter((compiler) => compiler !== undefined)

const decodeTokens = 64
const contexts = [256, 4096, 16_384] as const

export async function* recurrent(options: BenchOptions): AsyncGenerator<Figure> {
  for (const type of ['q8_0', 'f32'] as const) {
    const name = `mamba-130m ${type}`
    if (!name.includes(options.modelFilter)) continue
    const path = await mambaModel(type)
    yield await decodeFigure(name, path, options)
    if (type === 'q8_0' && options.peers.includes('ostro')) yield* contextFigures(name, path, options)
  }
  for (const kernel of kernels) {
    for (const T of [1, 256])
      if (kernel.name.includes(options.modelFilter)) yield await kernelFigure(kernel, T, options)
  }
}

async function mambaModel(type: 'q8_0' | 'f32'): Promise<string> {
  const home = join(tmpdir(), 'ostro-bench-models')
  await mkdir(home, { recursive: true })
  const path = join(home, `mamba-130m-${type}.gguf`)
  if (!existsSync(path)) await generateMamba(path, { shape: mamba130m, type })
  return path
}

async function decodeFigure(model: string, modelPath: string, options: BenchOptions): Promise<Figure> {
  const measured = await interleave({
    ...options,
    model: { modelPath, contextTokens: 1024 },
    measure: async (peer) => (decodeTokens * 1000) / (await peer.decode(promptTokens(decodeTokens), decodeTokens)),
  })
  const [ours, peer] = ['ostro', 'node-llama-cpp'].map((name) => measured.find((entry) => entry.name === name))
  return {
    figure: 'decode',
    model,
    ours: ours?.value,
    peer: peer?.value,
    ratio: ratioOf(ours?.value, peer?.value),
    must: '>= 1',
    aim: undefined,
    unit: 'tokens/s',
    runs: options.runs,
    note: measured.map(({ name, threads }) => `${name} ${threads} thread${threads === 1 ? '' : 's'}`).join(', '),
  }
}

/** One process for all lengths: what a token costs behind each of them, in turn, and what the process holds afterwards. */
async function* contextFigures(model: string, modelPath: string, options: BenchOptions): AsyncGenerator<Figure> {
  const most = contexts[contexts.length - 1] as number
  const peer = await startPeer('ostro')
  try {
    await peer.load({ modelPath, threads: Math.max(...options.threads), contextTokens: most + 2 * decodeTokens })
    const times = contexts.map((): number[] => [])
    const resident = contexts.map(() => 0)
    for (let run = 0; run < options.runs; run++) {
      for (const [index, length] of contexts.entries()) {
        const took = await peer.decode(promptTokens(length), decodeTokens)
        times[index]?.push(took / decodeTokens)
        resident[index] = await peer.residentBytes()
      }
    }
    const stateBytes = await bytesOfStates(modelPath)
    const shortest = median(times[0] as number[])
    for (const [index, length] of contexts.entries()) {
      const value = median(times[index] as number[])
      yield {
        figure: `decode after ${length} tokens`,
        model,
        ours: value,
        peer: undefined,
        ratio: value / shortest,
        must: '<= 1.05',
        aim: undefined,
        unit: 'ms/token',
        runs: options.runs,
        note: `ratio is to ${contexts[0]} tokens; states ${stateBytes} bytes a sequence, process ${((resident[index] as number) / 2 ** 20).toFixed(0)} MiB`,
      }
    }
  } finally {
    await peer[Symbol.asyncDispose]()
  }
}

async function bytesOfStates(path: string): Promise<number> {
  const file = await openGguf(path)
  try {
    const model = await openModel({ format: 'gguf', metadata: file.metadata, tensors: file.tensors })
    return 4 * measureStates(model.graph().states).length
  } finally {
    await file.close()
  }
}

/** One layer's op of a model of 130M parameters; as many of them run one after the other as the model has layers. */
interface RecurrentKernel {
  readonly name: string
  readonly write: (g: Graph, operands: Operands, layer: number) => Tensor
  /** Bytes that must at least move for each layer: the state twice in a run, constants, and rows for each token. */
  readonly bytes: (T: number) => number
}

interface Operands {
  readonly row: (name: string, width: number) => Tensor
  readonly constant: (name: string, shape: readonly number[], value?: number) => Tensor
}

const channels = 2 * mamba130m.width
const scanState = channels * mamba130m.stateSize
const dual = { heads: 24, stateSize: 128 }
const dualState = channels * dual.stateSize

const kernels: readonly RecurrentKernel[] = [
  {
    name: 'selective scan',
    write: (g, { row, constant }, layer) =>
      selectiveScan(g, {
        u: row('u', channels),
        delta: row('delta', channels),
        A: constant(`A ${layer}`, [channels, mamba130m.stateSize], -1),
        B: row('B', mamba130m.stateSize),
        C: row('C', mamba130m.stateSize),
        D: constant(`D ${layer}`, [channels]),
        z: row('z', channels),
        deltaBias: constant(`bias ${layer}`, [channels]),
      }),
    bytes: (T) => 4 * (3 * scanState + 2 * channels + T * (4 * channels + 2 * mamba130m.stateSize)),
  },
  {
    name: 'state-space dual',
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
        1,
      ),
    bytes: (T) => 4 * (2 * dualState + 3 * dual.heads + T * (2 * channels + dual.heads + 2 * dual.stateSize)),
  },
]

async function kernelFigure(
  { name, write, bytes }: RecurrentKernel,
  T: number,
  options: BenchOptions,
): Promise<Figure> {
  const threads = Math.max(...options.threads)
  const g = new Graph()
  const weights = new Map<string, WeightSource>()
  const random = createRandom(1)
  const values = (length: number) => Float32Array.from({ length }, () => random.float() - 0.5)
  const constant: Operands['constant'] = (label, shape, value = 1) => {
    const count = shape.reduce((product, dim) => product * dim, 1)
    weights.set(label, constantSource(label, new Float32Array(count).fill(value), shape))
    return g.weight(label, shape, 'f32')
  }
  const rows = new Map<string, Tensor>()
  const row: Operands['row'] = (label, width) => {
    const known = rows.get(label)
    if (known !== undefined) return known
    weights.set(label, constantSource(label, values(width), [1, width]))
    const made = embedding(g, g.weight(label, [1, width], 'f32'), g.input('tokens'), label)
    rows.set(label, made)
    return made
  }
  for (let layer = 0; layer < mamba130m.layers; layer++) {
    g.output(`out ${layer}`, write(g, { row, constant }, layer))
  }
  await using device = createWasmDevice({ threads, startHelperThread, compilers })
  const cache = { pages: 2 + Math.ceil(T / 64), sequences: 1, type: 'f32' } as const
  const program = await device.load(g, weights, { maxTokens: T, maxRows: 1, cache })
  const batch: Batch = {
    tokens: new Int32Array(T),
    positions: Int32Array.from({ length: T }, (_, index) => 1 + index),
    sequences: new Int32Array(T),
    rows: Int32Array.of(0),
  }
  const once = (repeats: number): number => {
    const started = performance.now()
    for (let repeat = 0; repeat < repeats; repeat++) program.run(batch)
    return (performance.now() - started) / repeats
  }
  const repeats = Math.max(1, Math.round(200 / T))
  once(repeats)
  const ms = median(Array.from({ length: options.runs }, () => once(repeats)))
  const bandwidth = await options.readBandwidth()
  const reached = (bytes(T) * mamba130m.layers) / ms / 1e6
  return {
    figure: `${name}, ${T} token${T === 1 ? '' : 's'}`,
    model: `${mamba130m.layers} layers of ${channels} channels`,
    ours: reached,
    peer: undefined,
    ratio: reached / bandwidth,
    must: T === 1 ? '>= 0.5' : undefined,
    aim: undefined,
    unit: 'GB/s',
    runs: options.runs,
    note: `${((1000 * ms) / mamba130m.layers).toFixed(0)} µs a layer, ${threads} threads; ratio is to the read bandwidth of ${bandwidth.toFixed(1)} GB/s`,
  }
}

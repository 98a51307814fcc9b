/** Attention of one new token over 4,096 filled positions, SmolLM2-135M's shape, one layer after the other as memory has them. */
import { startHelperThread } from '../src/devices/wasm/helper-thread.node.ts'
import { createWasmDevice } from '../src/devices/wasm/index.ts'
import { v8Compiler } from '../src/devices/wasm/v8-compiler.node.ts'
import { constantSource, Graph, pageTokens } from '../src/tensor/index.ts'
import type { Batch, LoadOptions, Program, Tensor, WeightSource } from '../src/tensor/index.ts'
import * as ops from '../src/tensor/ops/index.ts'
import { createRandom } from '../src/util/random.ts'
import { type Figure, median } from './figure.ts'
import type { BenchOptions } from './suite.ts'

type CacheType = LoadOptions['cache']['type']

const types: readonly CacheType[] = ['f16', 'q12', 'q8']
const [layers, heads, kvHeads, headDim] = [30, 9, 3, 64]
const positions = 4096
const chunkTokens = 256
const vocabularySize = 512
const tokensPerRun = 20

export async function* attention({ runs, threads, modelFilter }: BenchOptions): AsyncGenerator<Figure> {
  const compiler = v8Compiler()
  const mostThreads = Math.max(...threads)
  for (const count of new Set([1, mostThreads])) {
    const chosen = types.filter((type) => type.includes(modelFilter))
    const compilers = compiler === undefined ? [] : [compiler]
    const programs = await Promise.all(
      chosen.map(async (type) => {
        const device = createWasmDevice({ threads: count, startHelperThread, compilers })
        return { type, device, program: await loadLayers(device, type), times: [] as number[] }
      }),
    )
    // In turn, so that all see the same machine.
    for (let token = 0; token < runs * tokensPerRun; token++) {
      for (const { program, times } of programs) {
        const steps = program.profile(batchOf(positions, 1), () => performance.now())
        times.push(...steps.filter(({ kernel }) => kernel.startsWith('attention')).map(({ timeMs }) => timeMs))
      }
    }
    for (const { type, device, times } of programs) {
      yield {
        figure: `attention kernel, ${positions} positions, ${count} thread${count === 1 ? '' : 's'}`,
        model: `${type}, ${heads} heads of ${headDim}, ${kvHeads} of keys`,
        ours: 1000 * median(times),
        peer: undefined,
        ratio: undefined,
        must: undefined,
        aim: undefined,
        unit: 'µs',
        runs: times.length,
        note: `a layer, of ${layers} that are read in turn`,
      }
      await device[Symbol.asyncDispose]()
    }
  }
}

async function loadLayers(device: ReturnType<typeof createWasmDevice>, type: CacheType) {
  const g = new Graph()
  const { float } = createRandom(1)
  const weights = new Map<string, WeightSource>()
  const row = (name: string, width: number): Tensor => {
    const values = Float32Array.from({ length: vocabularySize * width }, () => float() * 4 - 2)
    weights.set(name, constantSource(name, values, [vocabularySize, width]))
    return ops.embedding(g, g.weight(name, [vocabularySize, width], 'f32'), g.input('tokens'))
  }
  const [q, k, v] = [row('q', heads * headDim), row('k', kvHeads * headDim), row('v', kvHeads * headDim)]
  const settings = { heads, kvHeads, headDim, scale: headDim ** -0.5, window: undefined, softcap: undefined }
  for (let layer = 0; layer < layers; layer++) g.output(`out ${layer}`, ops.attention(g, q, k, v, settings))
  const pages = positions / pageTokens + 1
  const cache = { pages, sequences: 1, type }
  const program = await device.load(g, weights, { maxTokens: chunkTokens, maxRows: 0, cache })
  program.caches.groups.forEach((_, group) => {
    for (let page = 0; page < pages; page++) program.caches.setPage(group, 0, page, page)
  })
  fillCaches(program)
  return program
}

/** Pages that were never written are all mapped to one page of zeros, which stays in the processor's cache. */
function fillCaches(program: Program): void {
  for (let start = 0; start < positions; start += chunkTokens) program.run(batchOf(start, chunkTokens))
}

const batchOf = (start: number, count: number): Batch => ({
  tokens: Int32Array.from({ length: count }, (_, index) => ((start + index) * 7919) % vocabularySize),
  positions: Int32Array.from({ length: count }, (_, index) => start + index),
  sequences: new Int32Array(count),
  rows: new Int32Array(0),
})

/** The matmul kernels alone: one thread, weights that stay in its cache, for a chunk of a prompt and for one token. */
import { createWasmDevice } from '../src/devices/wasm/index.ts'
import { v8Compiler } from '../src/devices/wasm/v8-compiler.node.ts'
import { blockTypeOf } from '../src/quant/index.ts'
import { constantSource, Graph } from '../src/tensor/index.ts'
import type { Batch, WeightSource } from '../src/tensor/index.ts'
import * as ops from '../src/tensor/ops/index.ts'
import { createRandom } from '../src/util/random.ts'
import { randomBlocks, type RandomBlockType } from '../test/support/random-blocks.ts'
import { type Figure, median } from './figure.ts'
import type { BenchOptions } from './suite.ts'

const types: readonly RandomBlockType[] = ['q4_0', 'q4_k', 'q5_0', 'q5_k', 'q6_k', 'q8_0', 'f16', 'bf16', 'f32']
const tokenCounts = [64, 1] as const
const mostTokens = Math.max(...tokenCounts)
const [N, K] = [512, 2048]

/** Short enough that a busy machine leaves most of them alone. */
const measurementsPerRun = 100

export async function* kernels({ runs, modelFilter }: BenchOptions): AsyncGenerator<Figure> {
  const compiler = v8Compiler()
  await using device = createWasmDevice({ compilers: compiler === undefined ? [] : [compiler] })
  const chosen = types.filter((type) => `matmul ${type}`.includes(modelFilter))
  const measures = await Promise.all(chosen.map((type) => prepare(device, type)))
  const { arithmetic } = (await device.selfTest()).chosen
  for (const tokens of tokenCounts) {
    const times = chosen.map((): number[] => [])
    for (let run = 0; run < runs * measurementsPerRun; run++) {
      measures.forEach((measure, index) => times[index].push(measure(tokens)))
    }
    for (const [index, type] of chosen.entries()) {
      yield {
        figure: `matmul kernel, ${tokens} token${tokens === 1 ? '' : 's'}`,
        model: `${type}, N ${N}, K ${K}`,
        ours: (tokens * N * K) / median(times[index]) / 1e6,
        peer: undefined,
        ratio: undefined,
        must: undefined,
        aim: undefined,
        unit: 'G multiply-adds/s',
        runs: runs * measurementsPerRun,
        note: `one thread, ${arithmetic}${tokens === 1 ? `, ${(sizeOf(type) / median(times[index]) / 1e6).toFixed(1)} GB/s` : ''}`,
      }
    }
  }
}

/** Loads one weight; gives a function that answers the milliseconds of its product with `tokens` rows. */
async function prepare(device: ReturnType<typeof createWasmDevice>, type: RandomBlockType) {
  const g = new Graph()
  const { float } = createRandom(1)
  const values = Float32Array.from({ length: mostTokens * K }, () => float() * 2 - 1)
  const weights = new Map<string, WeightSource>([
    ['x', constantSource('x', values, [mostTokens, K])],
    ['w', blockSource(type)],
  ])
  const x = ops.embedding(g, g.weight('x', [mostTokens, K], 'f32'), g.input('tokens')) // [T, K]
  g.output('y', ops.matmul(g, x, g.weight('w', [N, K], type))) // [T, N]
  const cache = { pages: 1, sequences: 1, type: 'f32' } as const
  const program = await device.load(g, weights, { maxTokens: mostTokens, maxRows: 0, cache })
  return (tokens: number): number => {
    const batch: Batch = {
      tokens: Int32Array.from({ length: tokens }, (_, index) => index),
      positions: new Int32Array(tokens),
      sequences: new Int32Array(tokens),
      rows: new Int32Array(0),
    }
    const steps = program.profile(batch, () => performance.now())
    return steps.filter(({ kernel }) => kernel.startsWith('matmul')).reduce((sum, { timeMs }) => sum + timeMs, 0)
  }
}

const sizeOf = (type: RandomBlockType): number => {
  const { blockBytes, blockLength } = blockTypeOf(type)
  return ((N * K) / blockLength) * blockBytes
}

function blockSource(type: RandomBlockType): WeightSource {
  const bytes = Buffer.concat([...randomBlocks(type, 1 / Math.sqrt(K), 1)(N * K)])
  const read = async (offset: number, into: Uint8Array): Promise<void> => {
    into.set(bytes.subarray(offset, offset + into.length))
  }
  return { name: 'w', shape: [N, K], type, sizeBytes: bytes.length, read }
}

/**
 * Recurrent models: decoding against the peer where it knows the family, time and memory of a token behind longer and longer texts, and
 * what share of what the machine can do the kernels that walk the states reach.
 */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load } from '../src/index.ts'
import { generateGriffin, griffin130m } from '../test/support/generate-griffin.ts'
import { generateMamba, mamba130m } from '../test/support/generate-mamba.ts'
import { type Figure, median, ratioOf } from './figure.ts'
import { interleave } from './interleave.ts'
import { promptTokens } from './models.ts'
import type { PeerName } from './peers/peer.ts'
import { startPeer } from './peers/peer-process.ts'
import { recurrentKernels } from './recurrent-kernels.ts'
import type { BenchOptions } from './suite.ts'

const decodeTokens = 64
const contexts = [256, 4096, 16_384] as const

interface RecurrentModel {
  readonly name: string
  readonly file: string
  readonly write: (path: string) => Promise<void>
  /** Engines that can run it: llama.cpp does not know Griffin. */
  readonly peers: readonly PeerName[]
  readonly longTexts: boolean
}

const both: readonly PeerName[] = ['ostro', 'node-llama-cpp']

const models: readonly RecurrentModel[] = [
  {
    name: 'mamba-130m q8_0',
    file: 'mamba-130m-q8_0.gguf',
    write: (path) => generateMamba(path, { shape: mamba130m, type: 'q8_0' }),
    peers: both,
    longTexts: true,
  },
  {
    name: 'mamba-130m f32',
    file: 'mamba-130m-f32.gguf',
    write: (path) => generateMamba(path, { shape: mamba130m, type: 'f32' }),
    peers: both,
    longTexts: false,
  },
  {
    name: 'griffin-130m bf16',
    file: 'griffin-130m-bf16',
    write: (path) => generateGriffin(path, griffin130m),
    peers: ['ostro'],
    longTexts: true,
  },
]

export async function* recurrent(options: BenchOptions): AsyncGenerator<Figure> {
  for (const model of models) {
    if (!model.name.includes(options.modelFilter)) continue
    const peers = model.peers.filter((name) => options.peers.includes(name))
    if (peers.length === 0) continue
    const path = await writtenModel(model)
    yield await decodeFigure(model, path, { ...options, peers })
    if (model.longTexts && peers.includes('ostro')) yield* contextFigures(model.name, path, options)
  }
  yield* recurrentKernels(options)
}

async function writtenModel({ file, write }: RecurrentModel): Promise<string> {
  const home = join(tmpdir(), 'ostro-bench-models')
  await mkdir(home, { recursive: true })
  const path = join(home, file)
  if (!existsSync(path)) await write(path)
  return path
}

/** Where no peer can run the model, the ratio is the share of the read bandwidth that its weights take. */
async function decodeFigure(
  { name, peers }: RecurrentModel,
  modelPath: string,
  options: BenchOptions,
): Promise<Figure> {
  const measured = await interleave({
    ...options,
    model: { modelPath, contextTokens: 1024 },
    measure: async (peer) => (decodeTokens * 1000) / (await peer.decode(promptTokens(decodeTokens), decodeTokens)),
  })
  const [ours, peer] = both.map((engine) => measured.find((entry) => entry.name === engine))
  const alone = !peers.includes('node-llama-cpp')
  const { weightBytes } = await sizesOf(modelPath)
  const reached = ours === undefined ? undefined : (ours.value * weightBytes) / 1e9
  const bandwidth = alone ? await options.readBandwidth() : undefined
  const threads = measured.map((entry) => `${entry.name} ${entry.threads} thread${entry.threads === 1 ? '' : 's'}`)
  return {
    figure: 'decode',
    model: name,
    ours: ours?.value,
    peer: peer?.value,
    ratio: alone ? ratioOf(reached, bandwidth) : ratioOf(ours?.value, peer?.value),
    must: alone ? undefined : '>= 1',
    aim: undefined,
    unit: 'tokens/s',
    runs: options.runs,
    note: [
      ...threads,
      ...(bandwidth === undefined
        ? []
        : [
            `no peer; ratio: ${reached?.toFixed(1)} GB/s of weights to the read bandwidth of ${bandwidth.toFixed(1)} GB/s`,
          ]),
    ].join(', '),
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
    const { cacheBytes } = await sizesOf(modelPath)
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
        note: `ratio is to ${contexts[0]} tokens; states with their copies and windows ${(cacheBytes / 2 ** 20).toFixed(1)} MiB, process ${((resident[index] as number) / 2 ** 20).toFixed(0)} MiB`,
      }
    }
  } finally {
    await peer[Symbol.asyncDispose]()
  }
}

/** On the device, for one sequence. */
async function sizesOf(path: string): Promise<{ readonly weightBytes: number; readonly cacheBytes: number }> {
  const most = contexts[contexts.length - 1] as number
  await using model = await load(path, { threads: 1, context: most, sequences: 1 })
  const { weights, cache } = model.info.bytes
  return { weightBytes: weights, cacheBytes: cache }
}

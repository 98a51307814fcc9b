/**
 * Sentences per second of the default encoder against ONNX Runtime on the same weights (`onnx-bert.ts`), which is no dependency of ours:
 * `npm install --no-save onnxruntime-node`, or OSTRO_ONNXRUNTIME names the folder of an installed package. Ours starts from text, the peer
 * from token ids.
 */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { defaultEncoderName, pull } from '../src/hub/index.ts'
import { load, type Model } from '../src/index.ts'
import { type Figure, median, ratioOf } from './figure.ts'
import { writeOnnxBert } from './onnx-bert.ts'
import type { BenchOptions } from './suite.ts'

/** Tokens of a sentence, and sentences of one call. */
const cases = [
  { tokens: 32, sentences: 128 },
  { tokens: 256, sentences: 16 },
] as const

/** Sentences of one run of the peer: it gets the size that suits it. */
const peerBatches = [1, 4, 16, 64]

/** Engines leave their threads spinning for a moment; the next one starts when they sleep. */
const restMs = 200

const words =
  'the old keeper counted seven ships before rain came over a small town near that bay and went home again'.split(' ')

export async function* embed(options: BenchOptions): AsyncGenerator<Figure> {
  const threads = Math.max(...options.threads)
  const { path } = await pull(defaultEncoderName)
  const ours = options.peers.includes('ostro') ? await load(path, { threads }) : undefined
  const runtime = await openRuntime()
  const peer = runtime && (await createPeer(runtime, path, threads))
  try {
    for (const { tokens, sentences } of cases) {
      const texts = Array.from({ length: sentences }, (_, index) => sentence(tokens, index))
      const ids = ours && (await Promise.all(texts.map((text) => ours.tokenize(text))))
      const wrong = ids?.find(({ length }) => length !== tokens)
      if (wrong !== undefined) throw new Error(`embed: sentences of ${tokens} tokens expected, got ${wrong.length}`)
      const rows =
        ids ?? texts.map((_, index) => Array.from({ length: tokens }, (__, at) => 2000 + ((at + index) % 7000)))
      const batch = peer && (await bestBatch(peer, rows))
      const difference = ours && peer && batch ? await greatestDifference(ours, peer, texts, rows) : undefined
      if (difference !== undefined && difference > 1e-4) throw new Error(`embed: the engines differ by ${difference}`)
      const values: { ours: number[]; peer: number[] } = { ours: [], peer: [] }
      for (let run = 0; run <= options.runs; run++) {
        const own = ours && (await perSecond(sentences, () => ours.embed(texts)))
        const other = peer && batch && (await perSecond(sentences, () => runBatches(peer, rows, batch)))
        // The first run warms up.
        if (run === 0) continue
        if (own !== undefined) values.ours.push(own)
        if (other !== undefined) values.peer.push(other)
      }
      const measured = values.ours.length === 0 ? undefined : median(values.ours)
      const against = values.peer.length === 0 ? undefined : median(values.peer)
      yield {
        figure: `embed, sentences of ${tokens} tokens`,
        model: defaultEncoderName,
        ours: measured,
        peer: against,
        ratio: ratioOf(measured, against),
        must: '>= 1.0',
        aim: undefined,
        unit: 'sentences/s',
        runs: options.runs,
        note: `${threads} threads, f32${batch === undefined ? '' : `; the peer in batches of ${batch}`}`,
      }
    }
  } finally {
    await ours?.dispose()
    await peer?.release()
  }
}

/** Common words, each one token; [CLS] and [SEP] are the other two. */
function sentence(tokens: number, seed: number): string {
  return Array.from({ length: tokens - 2 }, (_, at) => words[(at * 7 + seed * 3 + at * seed) % words.length]).join(' ')
}

async function perSecond(count: number, act: () => Promise<unknown>): Promise<number> {
  await pause(restMs)
  const started = performance.now()
  await act()
  return (count * 1000) / (performance.now() - started)
}

/** What is used of the package, which need not be installed. */
interface OnnxRuntime {
  readonly Tensor: new (type: 'int32', data: Int32Array, dims: readonly number[]) => object
  readonly InferenceSession: {
    create(path: string, options: { intraOpNumThreads: number; graphOptimizationLevel: 'all' }): Promise<OnnxSession>
  }
}
interface OnnxSession {
  run(feeds: Readonly<Record<string, object>>): Promise<Readonly<Record<string, { readonly data: Float32Array }>>>
  release(): Promise<void>
}
interface OnnxPeer {
  /** Means [sentences, width] of equally long sentences. */
  readonly run: (rows: readonly (readonly number[])[]) => Promise<Float32Array>
  readonly release: () => Promise<void>
}

async function openRuntime(): Promise<OnnxRuntime | undefined> {
  const folder = process.env['OSTRO_ONNXRUNTIME']
  const name = folder === undefined ? 'onnxruntime-node' : pathToFileURL(join(folder, 'dist/index.js')).href
  try {
    const module = (await import(name)) as { readonly default: OnnxRuntime }
    return module.default
  } catch (cause) {
    if (folder !== undefined) throw cause
    console.error('embed: no ONNX Runtime found, left out. "npm install --no-save onnxruntime-node" installs it.')
    return undefined
  }
}

async function createPeer(runtime: OnnxRuntime, folder: string, threads: number): Promise<OnnxPeer> {
  const home = join(tmpdir(), 'ostro-bench-models')
  const path = join(home, 'encoder.onnx')
  await mkdir(home, { recursive: true })
  if (!existsSync(path)) await writeOnnxBert(folder, path)
  const session = await runtime.InferenceSession.create(path, {
    intraOpNumThreads: threads,
    graphOptimizationLevel: 'all',
  })
  return {
    run: async (rows) => {
      const dims = [rows.length, rows[0].length]
      const tokens = new runtime.Tensor('int32', Int32Array.from(rows.flat()), dims)
      const segments = new runtime.Tensor('int32', new Int32Array(rows.flat().length), dims)
      return (await session.run({ tokens, segments }))['mean'].data
    },
    release: () => session.release(),
  }
}

async function runBatches({ run }: OnnxPeer, rows: readonly (readonly number[])[], batch: number): Promise<void> {
  for (let from = 0; from < rows.length; from += batch) await run(rows.slice(from, from + batch))
}

/** The fastest of `peerBatches`, each tried twice. */
async function bestBatch(peer: OnnxPeer, rows: readonly (readonly number[])[]): Promise<number> {
  let best = { batch: 1, speed: 0 }
  for (const batch of peerBatches.filter((size) => size <= rows.length)) {
    for (let attempt = 0; attempt < 2; attempt++) {
      const speed = await perSecond(rows.length, () => runBatches(peer, rows, batch))
      if (speed > best.speed) best = { batch, speed }
    }
  }
  return best.batch
}

/** Of the first vector, before it is scaled: both engines have to compute the same model. */
async function greatestDifference(
  ours: Model,
  peer: OnnxPeer,
  texts: readonly string[],
  rows: readonly (readonly number[])[],
): Promise<number> {
  const [vector] = await ours.embed(texts.slice(0, 1), { normalize: false })
  const mean = await peer.run(rows.slice(0, 1))
  return vector.reduce((most, value, index) => Math.max(most, Math.abs(value - mean[index])), 0)
}

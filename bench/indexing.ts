/**
 * Passages per second of an index over this project's documents, with cutting, counting tokens, hashes and the store, against the encoder
 * alone on the same passages in one call: what of its speed an index reaches.
 */
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { defaultEncoderName, pull } from '../src/hub/index.ts'
import { load } from '../src/index.ts'
import { createPassageIndex, encoderOf, openSqliteStore, type SourceDocument } from '../src/retrieval/index.ts'
import { type Figure, median, ratioOf } from './figure.ts'
import type { BenchOptions } from './suite.ts'

/** Engines leave their threads spinning for a moment; the next run starts when they sleep. */
const restMs = 200

export async function* indexing(options: BenchOptions): AsyncGenerator<Figure> {
  const threads = Math.max(...options.threads)
  const documents = await readDocuments()
  const { path } = await pull(defaultEncoderName)
  await using model = await load(path, { threads })
  const encoder = encoderOf(model)
  const passages: string[] = []
  const recording = {
    ...encoder,
    embed: (texts: readonly string[]) => {
      passages.push(...texts)
      return encoder.embed(texts)
    },
  }
  const addAll = async (by: typeof encoder): Promise<void> => {
    using index = createPassageIndex(openSqliteStore(':memory:'), by)
    await index.add(documents)
  }
  await addAll(recording)
  const tokens = (await encoder.countTokens(passages)).reduce((sum, count) => sum + count, 0)
  const rates = { index: [] as number[], encoder: [] as number[] }
  for (let run = 0; run < options.runs; run++) {
    rates.index.push(await perSecond(passages.length, () => addAll(encoder)))
    rates.encoder.push(await perSecond(passages.length, () => encoder.embed(passages)))
  }
  const [ours, alone] = [median(rates.index), median(rates.encoder)]
  const tokensPerSecond = (ours * tokens) / passages.length
  yield {
    figure: `index of ${documents.length} documents, against the encoder alone`,
    model: defaultEncoderName,
    ours,
    peer: alone,
    ratio: ratioOf(ours, alone),
    must: '>= 0.8',
    aim: '>= 0.95',
    unit: 'passages/s',
    runs: options.runs,
    note: `${threads} threads, ${passages.length} passages of ${(tokens / passages.length).toFixed(0)} tokens, ${tokensPerSecond.toFixed(0)} tokens/s`,
  }
}

async function readDocuments(): Promise<SourceDocument[]> {
  const folder = 'docs/decisions'
  const decisions = (await readdir(folder)).toSorted().map((name) => `${folder}/${name}`)
  const files = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/experiments.md', ...decisions]
  return Promise.all(files.map(async (file) => ({ path: file, text: await readFile(file, 'utf8') })))
}

async function perSecond(count: number, act: () => Promise<unknown>): Promise<number> {
  await pause(restMs)
  const started = performance.now()
  await act()
  return (count * 1000) / (performance.now() - started)
}

/** Time from `load()` to the first token and resident memory after one answer, each in a fresh process. */
import { statSync } from 'node:fs'
import { type Figure, median, ratioOf } from './figure.ts'
import { type BenchModel, promptTokens, realModels } from './models.ts'
import type { PeerName } from './peers/peer.ts'
import { startPeer } from './peers/peer-process.ts'
import type { BenchOptions } from './suite.ts'

const prompt = promptTokens(8)
const answerTokens = 16
const megabyte = 1e6

interface Start {
  readonly loadToFirstTokenMs: number
  readonly residentBytes: number
}

export async function* load(options: BenchOptions): AsyncGenerator<Figure> {
  for (const model of await realModels()) {
    if (!model.name.includes(options.modelFilter)) continue
    const { ours, peer } = await starts(model, options, ({ loadToFirstTokenMs }) => loadToFirstTokenMs)
    yield {
      figure: 'load to first token',
      model: model.name,
      ours,
      peer,
      ratio: ratioOf(ours, peer),
      must: '<= 1.5',
      aim: '<= 1.0',
      unit: 'ms',
      runs: options.runs,
      note: 'warm file cache, 8-token prompt',
    }
  }
}

export async function* memory(options: BenchOptions): AsyncGenerator<Figure> {
  for (const model of await realModels()) {
    if (!model.name.includes(options.modelFilter)) continue
    const { ours, peer } = await starts(model, options, ({ residentBytes }) => residentBytes / megabyte)
    const fileMegabytes = statSync(model.path).size / megabyte
    yield {
      figure: 'resident memory',
      model: model.name,
      ours,
      peer,
      ratio: ratioOf(ours, peer),
      must: `ours <= ${Math.round(1.3 * fileMegabytes + 100)}`,
      aim: `ours <= ${Math.round(1.15 * fileMegabytes + 80)}`,
      unit: 'MB',
      runs: options.runs,
      note: `file ${fileMegabytes.toFixed(0)} MB`,
    }
  }
}

/** Fresh starts of each engine in turn; the first of each warms the file cache and does not count. */
async function starts(model: BenchModel, options: BenchOptions, figureOf: (start: Start) => number) {
  const values = new Map<PeerName, number[]>(options.peers.map((name) => [name, []]))
  for (let run = 0; run <= options.runs; run++) {
    for (const [name, measured] of values) {
      const value = figureOf(await freshStart(name, model, Math.max(...options.threads)))
      if (run > 0) measured.push(value)
    }
  }
  const medianOf = (name: PeerName) => {
    const measured = values.get(name)
    return measured === undefined ? undefined : median(measured)
  }
  return { ours: medianOf('ostro'), peer: medianOf('node-llama-cpp') }
}

async function freshStart(name: PeerName, model: BenchModel, threads: number): Promise<Start> {
  await using peer = await startPeer(name)
  const started = performance.now()
  await peer.load({ modelPath: model.path, threads, contextTokens: 1024 })
  await peer.prefill(prompt)
  const loadToFirstTokenMs = performance.now() - started
  await peer.decode(prompt, answerTokens)
  return { loadToFirstTokenMs, residentBytes: await peer.residentBytes() }
}

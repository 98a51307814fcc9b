/**
 * Search among 100,000 passages of 384 values, kept in SQLite: by meaning, against a plain JavaScript scan over the same vectors in f32,
 * one query of each in turn; and by words and meaning together. Vectors are random: a scan does not look at what they mean.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createPassageIndex,
  estimateTokens,
  openSqliteStore,
  type PassageStore,
  type StoredDocument,
  type StoredVector,
} from '../src/retrieval/index.ts'
import { encodeBytes, selectBest } from '../src/retrieval/vector-scan.ts'
import { createRandom } from '../src/util/random.ts'
import { type Figure, median, ratioOf } from './figure.ts'
import type { BenchOptions } from './suite.ts'

const passages = 100_000
const width = 384
/** Of the logarithm of all ranks: the first 30 words. */
const leftOutShare = Math.log(30) / Math.log(20_000)
/** Passages of one document, and of one transaction. */
const perDocument = 1000
const limit = 10
const queriesPerRun = 20

export async function* retrieval({ runs }: BenchOptions): AsyncGenerator<Figure> {
  const folder = await mkdtemp(join(tmpdir(), 'ostro-bench-'))
  const { uint32, float } = createRandom(1)
  const randomVector = (): Float32Array => {
    const values = Float32Array.from({ length: width }, () => float() - 0.5)
    const length = Math.hypot(...values)
    return values.map((value) => value / length)
  }
  /** Few words are frequent and many rare, as in texts; a question's words are not among the most frequent, which a query leaves out. */
  const randomText = (words: number, rarest = 0): string =>
    Array.from({ length: words }, () => {
      const rank = Math.floor(20_000 ** (rarest + float() * (1 - rarest)))
      return `w${rank.toString(36)}x`
    }).join(' ')
  try {
    using store = openSqliteStore(join(folder, 'index.sqlite'))
    const all = fill(store, randomVector, () => randomText(40 + (uint32() % 40)))
    const encoder = { name: 'random', countTokens: estimateTokens, embed: async () => [randomVector()] }
    const index = createPassageIndex(store, encoder)
    const times = { meaning: [] as number[], peer: [] as number[], hybrid: [] as number[], first: 0 }
    const timed = async (act: () => unknown): Promise<number> => {
      const started = performance.now()
      await act()
      return performance.now() - started
    }
    times.first = await timed(() => index.search('w1x', { mode: 'meaning', limit }))
    for (let query = 0; query < runs * queriesPerRun; query++) {
      const text = randomText(8, leftOutShare)
      times.meaning.push(await timed(() => index.search(text, { mode: 'meaning', limit })))
      const asked = randomVector()
      times.peer.push(await timed(() => scanPlainly(all, asked)))
      times.hybrid.push(await timed(() => index.search(text, { mode: 'hybrid', limit })))
    }
    const [ours, peer] = [median(times.meaning), median(times.peer)]
    const figure = { model: '', aim: 'ours <= 15', unit: 'ms', runs: times.meaning.length }
    yield {
      ...figure,
      figure: 'search by meaning among 100,000 x 384, p50',
      ours,
      peer,
      ratio: ratioOf(ours, peer),
      must: 'ours <= 50',
      note: `with rescoring and reading ${limit} passages; peer: f32 scan in JavaScript; first search, which reads the vectors, ${times.first.toFixed(0)} ms`,
    }
    yield {
      ...figure,
      figure: 'search by words and meaning among 100,000 x 384, p50',
      ours: median(times.hybrid),
      peer: undefined,
      ratio: undefined,
      must: 'ours <= 50',
      note: '8 words',
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Fills a store; answers all vectors, one behind the other. */
function fill(store: PassageStore, randomVector: () => Float32Array, randomText: () => string): Float32Array {
  const all = new Float32Array(passages * width)
  for (let from = 0; from < passages; from += perDocument) {
    const vectors: StoredVector[] = []
    const own = Array.from({ length: perDocument }, (_, at) => {
      const exact = randomVector()
      all.set(exact, (from + at) * width)
      const id = String(from + at)
      vectors.push({ id, exact, ...encodeBytes(exact) })
      return { id, text: randomText(), start: 0, end: 1, firstLine: 1, lastLine: 1, headings: [] }
    })
    const document: StoredDocument = { path: `${from}.txt`, title: '', hash: '', passages: own }
    store.put([document], vectors, 'random')
  }
  return all
}

function scanPlainly(all: Float32Array, asked: Float32Array): unknown {
  const scores = new Float32Array(passages)
  for (let row = 0; row < passages; row++) {
    let sum = 0
    for (let column = 0, at = row * width; column < width; column++, at++) sum += all[at] * asked[column]
    scores[row] = sum
  }
  return selectBest(scores, limit)
}

/** Search: the best by words and the best by meaning, joined by their ranks, and ranked again by a model that reads both. */
import { OstroError } from '../util/error.ts'
import type { Encoder, Reranker } from './encoder.ts'
import { fullTextTerms } from './full-text-query.ts'
import { fuseRankings } from './fusion.ts'
import type { KeptPassage, PassageStore, WordMatch } from './passage-store.ts'
import { createVectorScan, type ScoredRow, type VectorScan } from './vector-scan.ts'

export interface SearchOptions {
  /** Passages wanted, at least 1. Default 10. */
  readonly limit?: number | undefined
  /** `words`: BM25. `meaning`: vectors. `hybrid` (default where there is an encoder): both. */
  readonly mode?: 'hybrid' | 'words' | 'meaning' | undefined
  /** Most passages of one document. Default all. */
  readonly perDocument?: number | undefined
  /** Ranks the best 30 again; they come first. */
  readonly reranker?: Reranker | undefined
  readonly signal?: AbortSignal | undefined
}

export interface FoundPassage extends KeptPassage {
  /** Compares passages of one search only. */
  readonly score: number
}

/** Of each kind of search, what takes part in the joined one. */
const candidates = 100
const reranked = 30

type Search = (question: string, options?: SearchOptions) => Promise<FoundPassage[]>

/** Search over a store; keeps the vectors in memory from the first search by meaning on, until the store changes. */
export function createSearch(store: PassageStore, encoder: Encoder | undefined): Search {
  const vectors = keepVectors(store)
  return async (question, options = {}) => {
    const { limit = 10, perDocument = Infinity, mode = encoder ? 'hybrid' : 'words', reranker, signal } = options
    if (!(limit >= 1) || !(perDocument >= 1)) {
      const message = `search: limits of at least 1 expected, got ${limit} and ${perDocument} of a document.`
      throw new OstroError('invalid-argument', message, { limit, perDocument })
    }
    if (mode !== 'words' && encoder === undefined) {
      throw new OstroError(
        'invalid-argument',
        `search: mode ${mode} needs an encoder, and the index was opened without.`,
      )
    }
    if (!/\S/.test(question)) throw new OstroError('input-empty', 'search: a question expected, got none.')
    const most = Math.max(candidates, limit)
    const words = mode === 'meaning' ? [] : store.searchWords(fullTextTerms(question), most)
    const meaning =
      mode === 'words' || encoder === undefined ? [] : await searchMeaning(vectors, encoder, question, most, signal)
    const joined = mode === 'hybrid' ? joinRankings(words, meaning) : [...words, ...meaning]
    const ranked = reranker ? await rankAgain(store, reranker, question, joined, signal) : joined
    return takeBest(store, ranked, limit, perDocument)
  }
}

/**
 * Reciprocal ranks, those of words times the square of their coverage: BM25 ranks something first even where a passage shares only "what"
 * and "get" with the question. Measured by `ostro eval retrieval`; without it the handbook's MRR is .70 instead of .93.
 */
function joinRankings(words: readonly WordMatch[], meaning: readonly ScoredRow[]): ScoredRow[] {
  return fuseRankings([
    { rows: words.map(({ row }) => row), weight: 1, trust: words.map(({ coverage }) => coverage ** 2) },
    { rows: meaning.map(({ row }) => row), weight: 1 },
  ])
}

async function searchMeaning(
  vectors: KeptVectors,
  encoder: Encoder,
  question: string,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<ScoredRow[]> {
  const [asked] = await encoder.embed([question], { signal })
  return vectors.nearest(asked, limit)
}

interface KeptVectors {
  /** Rows of passages by falling product with the question's vector. */
  readonly nearest: (asked: Float32Array, limit: number) => ScoredRow[]
}

/** Bytes round away about a hundredth: so many times the wanted ones are scored again with exact vectors. */
const scoredAgain = 2

function keepVectors(store: PassageStore): KeptVectors {
  let kept: { readonly version: string; readonly scan: VectorScan; readonly rows: Uint32Array } | undefined
  const current = (): { readonly scan: VectorScan; readonly rows: Uint32Array } | undefined => {
    const version = store.version()
    if (kept?.version === version) return kept
    const made = store.encoder()
    if (made === undefined) return undefined
    const count = store.vectorCount()
    const scan = createVectorScan(made.width, count)
    const rows = new Uint32Array(count)
    let place = 0
    for (const { row, ...vector } of store.vectors()) {
      rows[place] = row
      scan.set(place++, vector)
    }
    kept = { version, scan, rows }
    return kept
  }
  return {
    nearest: (asked, limit) => {
      const known = current()
      if (known === undefined) return []
      const exact = known.scan.best(asked, limit * scoredAgain).map(({ row: place, score }) => {
        const row = known.rows[place]
        const vector = store.exactVector(row)
        return { row, score: vector ? dot(asked, vector) : score }
      })
      const nearest = exact.toSorted((a, b) => b.score - a.score || a.row - b.row).slice(0, limit)
      return nearest
        .flatMap(({ row, score }) => store.passagesOfVector(row).map((passage) => ({ row: passage, score })))
        .slice(0, limit)
    },
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

/** The best ones in the reranker's order, then the rest in theirs. */
async function rankAgain(
  store: PassageStore,
  reranker: Reranker,
  question: string,
  ranked: readonly ScoredRow[],
  signal: AbortSignal | undefined,
): Promise<ScoredRow[]> {
  const some = ranked.slice(0, reranked)
  const texts = some.map(({ row }) => store.passage(row)?.text ?? '')
  const order = await reranker.rerank(question, texts, { truncate: true, signal })
  return [...order.map(({ index, score }) => ({ row: some[index].row, score })), ...ranked.slice(reranked)]
}

function takeBest(
  store: PassageStore,
  ranked: readonly ScoredRow[],
  limit: number,
  perDocument: number,
): FoundPassage[] {
  const found: FoundPassage[] = []
  const ofDocument = new Map<string, number>()
  for (const { row, score } of ranked) {
    const passage = store.passage(row)
    // Another process may have taken it out since the search.
    if (passage === undefined) continue
    const before = ofDocument.get(passage.path) ?? 0
    if (before >= perDocument) continue
    ofDocument.set(passage.path, before + 1)
    found.push({ ...passage, score })
    if (found.length >= limit) break
  }
  return found
}

/** Retrieval measured: each way of searching on the same questions, and whether both ways together beat each alone. */
import type {
  Encoder,
  PassageIndex,
  PassageStore,
  Reranker,
  SearchOptions,
  SourceDocument,
} from '../../retrieval/index.ts'
import { fullTextTerms } from '../../retrieval/full-text-query.ts'
import { type ItemScore, type PairReport, reportPaired } from '../paired-report.ts'
import { ndcgAt, recallAt, reciprocalRank } from './ranking-measures.ts'

/** Documents, and questions with the paths of those that answer them. */
export interface RetrievalSet {
  readonly name: string
  readonly documents: readonly SourceDocument[]
  readonly questions: readonly RetrievalQuestion[]
}

export interface RetrievalQuestion {
  readonly id: string
  readonly question: string
  readonly relevant: readonly string[]
}

/**
 * `whole`: BM25 over whole documents, as plain full-text search does. `words`: BM25 over passages. `meaning`: vectors. `hybrid`: both.
 * `reranked`: hybrid, the best ranked again by a cross-encoder.
 */
export type RetrievalMethod = 'whole' | 'words' | 'meaning' | 'hybrid' | 'reranked'

export interface RetrievalItem {
  readonly id: string
  readonly method: RetrievalMethod
  /** Documents, best first, at most 10. */
  readonly ranked: readonly string[]
  /** Rank of the first that is relevant, from 1; undefined where none of the 10 is. */
  readonly rank: number | undefined
}

export interface RetrievalMethodReport {
  readonly method: RetrievalMethod
  readonly questions: number
  /** Mean reciprocal rank of the first 10. */
  readonly mrr: number
  readonly recall1: number
  readonly recall5: number
  readonly recall10: number
  readonly ndcg10: number
}

export interface RetrievalReport {
  readonly set: string
  readonly methods: readonly RetrievalMethodReport[]
  /** Differences of reciprocal ranks: the best method against each other one. */
  readonly pairs: readonly PairReport[]
  readonly items: readonly RetrievalItem[]
}

export interface EvaluateOptions {
  /** An empty store that takes the whole documents. */
  readonly wholeStore: PassageStore
  readonly encoder?: Encoder | undefined
  readonly reranker?: Reranker | undefined
  readonly signal?: AbortSignal | undefined
  readonly onItem?: ((item: RetrievalItem) => void) | undefined
}

const depth = 10

/**
 * Searches each question in every way that the models at hand allow. The index must hold the set's documents.
 * @throws what the index throws
 */
export async function evaluateRetrieval(
  { name, documents, questions }: RetrievalSet,
  index: PassageIndex,
  options: EvaluateOptions,
): Promise<RetrievalReport> {
  const searches = searchesOf(index, documents, options)
  const items: RetrievalItem[] = []
  for (const { id, question, relevant } of questions) {
    const wanted = new Set(relevant)
    for (const [method, search] of searches) {
      const ranked = await search(question)
      const place = ranked.findIndex((path) => wanted.has(path))
      const item = { id, method, ranked, rank: place < 0 ? undefined : place + 1 }
      items.push(item)
      options.onItem?.(item)
    }
  }
  const methods = searches.map(([method]) => method)
  return {
    set: name,
    methods: methods.map((method) => reportMethod(method, items, questions)),
    pairs: pairsOf(methods, items),
    items,
  }
}

type Searches = (readonly [RetrievalMethod, (question: string) => Promise<readonly string[]>])[]

function searchesOf(
  index: PassageIndex,
  documents: readonly SourceDocument[],
  { wholeStore, encoder, reranker, signal }: EvaluateOptions,
): Searches {
  const paths = async (question: string, how: SearchOptions): Promise<string[]> =>
    (await index.search(question, { limit: depth, perDocument: 1, signal, ...how })).map(({ path }) => path)
  wholeStore.put(documents.map(asOnePassage), [], '')
  const searches: Searches = [
    ['whole', (question) => Promise.resolve(searchWhole(wholeStore, question))],
    ['words', (question) => paths(question, { mode: 'words' })],
  ]
  if (encoder === undefined) return searches
  searches.push(['meaning', (question) => paths(question, { mode: 'meaning' })])
  searches.push(['hybrid', (question) => paths(question, { mode: 'hybrid' })])
  if (reranker !== undefined) searches.push(['reranked', (question) => paths(question, { mode: 'hybrid', reranker })])
  return searches
}

/** Without a title: what full-text search of a folder of files sees. */
function asOnePassage({ path, text }: SourceDocument) {
  const passage = { id: path, text, start: 0, end: text.length, firstLine: 1, lastLine: 1, headings: [] }
  return { path, title: '', hash: path, passages: [passage] }
}

function searchWhole(store: PassageStore, question: string): string[] {
  return store.searchWords(fullTextTerms(question), depth).flatMap(({ row }) => store.passage(row)?.path ?? [])
}

function reportMethod(
  method: RetrievalMethod,
  items: readonly RetrievalItem[],
  questions: readonly RetrievalQuestion[],
): RetrievalMethodReport {
  const ranked = new Map(items.filter((item) => item.method === method).map((item) => [item.id, item.ranked]))
  const mean = (measure: (found: readonly string[], wanted: ReadonlySet<string>) => number): number => {
    const values = questions.map(({ id, relevant }) => measure(ranked.get(id) ?? [], new Set(relevant)))
    return values.reduce((sum, value) => sum + value, 0) / questions.length
  }
  return {
    method,
    questions: questions.length,
    mrr: mean((found, wanted) => reciprocalRank(found, wanted, depth)),
    recall1: mean((found, wanted) => recallAt(found, wanted, 1)),
    recall5: mean((found, wanted) => recallAt(found, wanted, 5)),
    recall10: mean((found, wanted) => recallAt(found, wanted, 10)),
    ndcg10: mean((found, wanted) => ndcgAt(found, wanted, 10)),
  }
}

/** The last method, which joins the most, against each before it. */
function pairsOf(methods: readonly RetrievalMethod[], items: readonly RetrievalItem[]): PairReport[] {
  const scores = items.map(({ id, method, rank }): ItemScore => {
    return { item: id, method, seed: 0, score: rank === undefined ? 0 : 1 / rank }
  })
  const last = methods[methods.length - 1]
  return methods.slice(0, -1).flatMap((baseline) => {
    const both = scores.filter(({ method }) => method === last || method === baseline)
    return reportPaired(both, [baseline, last], baseline).pairs
  })
}

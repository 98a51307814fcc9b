/// <reference lib="esnext.disposable" preserve="true" />
/**
 * An index of documents: adding embeds only what is new, searching joins words (BM25) and meaning (vectors).
 *
 * An index belongs to one user: whoever may open it may read all of it, and it asks nobody. Documents are data; nothing in them is
 * followed or run.
 */
import { OstroError } from '../util/error.ts'
import type { Encoder } from './encoder.ts'
import type { PassageStore, StoredVector } from './passage-store.ts'
import { prepareDocument, type PreparedDocument, type SourceDocument } from './prepare-document.ts'
import { type FoundPassage, type SearchOptions, createSearch } from './search.ts'
import { encodeBytes } from './vector-scan.ts'

export interface AddOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: AddProgress) => void) | undefined
}

export interface AddProgress {
  /** Documents that are in the index now, and those that were given. */
  readonly done: number
  readonly total: number
}

export interface AddReport {
  readonly added: number
  readonly changed: number
  readonly unchanged: number
  /** Passages whose vectors were computed; the others had theirs. */
  readonly embedded: number
}

export interface PassageIndex extends Disposable {
  /**
   * Adds documents and renews those that have changed. What was done when it fails or is aborted stays, so that the next call goes on.
   * @throws OstroError `invalid-argument` for another encoder than the index was made with, `store-unavailable`, `aborted`, and what
   * the encoder throws
   */
  readonly add: (documents: readonly SourceDocument[], options?: AddOptions) => Promise<AddReport>
  /** Takes documents out, in one transaction; says how many there were. @throws OstroError `store-unavailable` */
  readonly remove: (paths: readonly string[]) => number
  /** Paths of all documents. */
  readonly paths: () => string[]
  /**
   * The passages that suit a question best, best first.
   * @throws OstroError `input-empty` for a question without words, `invalid-argument`, `store-unavailable`, `aborted`, and what the
   * encoder throws
   */
  readonly search: (question: string, options?: SearchOptions) => Promise<FoundPassage[]>
  readonly close: () => void
}

/** Texts of one call of the encoder, and about how many make one transaction. */
const embeddedAtOnce = 64

/**
 * An index over a store. Without an encoder it finds by words alone.
 * @throws OstroError `invalid-argument` for another encoder than the index was made with
 * @example
 * const index = createPassageIndex(openSqliteStore('notes.ostro'), encoderOf(await load('minilm:l6')))
 * await index.add([{ path: 'bees.md', text: '# Bees\nBees dance to tell others where flowers bloom.' }])
 * const [best] = await index.search('How do bees talk?')
 */
export function createPassageIndex(store: PassageStore, encoder?: Encoder): PassageIndex {
  const made = store.encoder()
  if (made !== undefined && encoder !== undefined && made.name !== encoder.name) {
    const message = `index: made with the encoder ${made.name}, got ${encoder.name}. Use that one, or index anew in another file.`
    throw new OstroError('invalid-argument', message, { encoder: made.name })
  }
  const search = createSearch(store, encoder)
  return {
    add: (documents, options = {}) => addDocuments(store, encoder, documents, options),
    remove: (paths) => store.remove(paths),
    paths: () => [...store.documents().keys()],
    search,
    close: () => store.close(),
    [Symbol.dispose]: () => store.close(),
  }
}

async function addDocuments(
  store: PassageStore,
  encoder: Encoder | undefined,
  documents: readonly SourceDocument[],
  { signal, onProgress }: AddOptions,
): Promise<AddReport> {
  const report = { added: 0, changed: 0, unchanged: 0, embedded: 0 }
  const known = store.documents()
  let waiting: PreparedDocument[] = []
  let done = 0
  const commit = async (): Promise<void> => {
    const vectors = encoder ? await embedNew(store, encoder, waiting, signal) : []
    store.put(waiting, vectors, encoder?.name ?? '')
    report.embedded += vectors.length
    done += waiting.length
    waiting = []
    onProgress?.({ done, total: documents.length })
  }
  for (const document of documents) {
    throwIfAborted(signal)
    const prepared = await prepareDocument(document, encoder, known.get(document.path))
    if (prepared === undefined) {
      report.unchanged++
      done++
      continue
    }
    if (known.has(document.path)) report.changed++
    else report.added++
    waiting.push(prepared)
    if (waiting.reduce((sum, { passages }) => sum + passages.length, 0) >= embeddedAtOnce) await commit()
  }
  await commit()
  return report
}

/** Vectors of the passages that have none. */
async function embedNew(
  store: PassageStore,
  encoder: Encoder,
  documents: readonly PreparedDocument[],
  signal: AbortSignal | undefined,
): Promise<StoredVector[]> {
  const texts = new Map(
    documents.flatMap(({ passages }) => passages.map(({ id, embedded }) => [id, embedded] as const)),
  )
  const present = store.withVectors([...texts.keys()])
  const missing = [...texts].filter(([id]) => !present.has(id))
  const vectors: StoredVector[] = []
  for (let from = 0; from < missing.length; from += embeddedAtOnce) {
    throwIfAborted(signal)
    const some = missing.slice(from, from + embeddedAtOnce)
    const made = await encoder.embed(
      some.map(([, text]) => text),
      { signal },
    )
    made.forEach((exact, at) => vectors.push({ id: some[at][0], exact, ...encodeBytes(exact) }))
  }
  const width = store.encoder()?.width ?? vectors[0]?.exact.length
  const odd = vectors.find(({ exact }) => exact.length !== width || !exact.every(Number.isFinite))
  if (odd !== undefined) {
    const message = `index: vectors of ${width} finite values expected of ${encoder.name}, got one of ${odd.exact.length}.`
    throw new OstroError('invalid-argument', message, { width, got: odd.exact.length })
  }
  return vectors
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new OstroError('aborted', 'index: aborted.', {}, { cause: signal.reason })
}

/** Retrieval: texts cut into passages, found again by words and by meaning, and cited so that a quote can be checked. */
export { type Chunk, type ChunkOptions, chunkText, type TokenCounter } from './chunk.ts'
export {
  checkCitations,
  type CheckedSentence,
  type Citation,
  type CitationReport,
  type CitationState,
  type GivenQuote,
  type Passage,
  type SentenceState,
} from './citations.ts'
export { type Encoder, encoderOf, estimateTokens, type Reranker } from './encoder.ts'
export {
  type AddOptions,
  type AddProgress,
  type AddReport,
  createPassageIndex,
  type PassageIndex,
} from './passage-index.ts'
export type { SourceDocument } from './prepare-document.ts'
export type { KeptPassage, PassageStore, StoredDocument, StoredPassage, StoredVector } from './passage-store.ts'
export type { FoundPassage, SearchOptions } from './search.ts'
export { searchTool } from './search-tool.ts'
export type { TextFormat } from './sections.ts'
export { paragraphsOf, sentencesOf, type Span } from './sentences.ts'
export { openSqliteStore, type SqliteStoreOptions } from './sqlite-store.node.ts'

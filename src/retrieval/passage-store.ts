/// <reference lib="esnext.disposable" preserve="true" />
/** What keeps an index: documents, their passages, words and vectors. Each method that writes is one transaction. */
import type { ByteVector, ScoredRow } from './vector-scan.ts'

/** A passage as it is kept. */
export interface StoredPassage {
  /** Hash of what is embedded; passages of equal texts under equal headings share it, and their vector. */
  readonly id: string
  readonly text: string
  /** Place in the document, UTF-16 units, `end` exclusive. */
  readonly start: number
  readonly end: number
  /** Lines of the document, from 1. */
  readonly firstLine: number
  readonly lastLine: number
  readonly headings: readonly string[]
}

export interface StoredDocument {
  readonly path: string
  readonly title: string
  /** Of all that its passages depend on: equal means that nothing has to be done. */
  readonly hash: string
  readonly passages: readonly StoredPassage[]
}

export interface WordMatch extends ScoredRow {
  /** What of the words' weight the passage has, 0 to 1: near 0 where it shares only words that most passages have. */
  readonly coverage: number
}

/** A passage that was found, with the document that it is from. */
export interface KeptPassage extends StoredPassage {
  readonly path: string
  readonly title: string
}

export interface StoredVector extends ByteVector {
  /** Of the passages that it belongs to. */
  readonly id: string
  /** The vector before it was rounded. */
  readonly exact: Float32Array
}

/** Where and by which number a store knows a passage; valid until the next write. */
export interface PassageStore extends Disposable {
  /** Name of the encoder that made the vectors, and their width. */
  readonly encoder: () => { readonly name: string; readonly width: number } | undefined
  /** Hash of each document by its path. */
  readonly documents: () => Map<string, string>
  /** Which of these passages have a vector. */
  readonly withVectors: (ids: readonly string[]) => Set<string>
  /** Puts documents in, in place of those of the same paths. `encoderName` is kept with the first vectors. */
  readonly put: (documents: readonly StoredDocument[], vectors: readonly StoredVector[], encoderName: string) => void
  /** Takes documents out, and vectors that no passage has any more; says how many there were. */
  readonly remove: (paths: readonly string[]) => number
  /** Rows of passages by BM25, best first. `terms` as `fullTextTerms` makes them. */
  readonly searchWords: (terms: readonly string[], limit: number) => WordMatch[]
  /** All vectors; `row` is that of the vector, not of a passage. */
  readonly vectors: () => Iterable<{ readonly row: number } & ByteVector>
  readonly vectorCount: () => number
  readonly exactVector: (row: number) => Float32Array | undefined
  /** Rows of the passages that have this vector. */
  readonly passagesOfVector: (row: number) => number[]
  readonly passage: (row: number) => KeptPassage | undefined
  /** Changes whenever anybody has written. */
  readonly version: () => string
  readonly close: () => void
}

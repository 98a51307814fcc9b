/** An index in one SQLite file: `node:sqlite` with FTS5. Values are bound, never written into statements. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { OstroError } from '../util/error.ts'
import { openSqlite } from '../util/sqlite.node.ts'
import { characterPairs } from './full-text-query.ts'
import type { KeptPassage, PassageStore, StoredDocument, StoredVector } from './passage-store.ts'

/** "Ostr", so that the database of another program is not taken for an index. */
const applicationId = 0x4f737472
const schemaVersion = 1

const schema = `
CREATE TABLE encoder (name TEXT NOT NULL, width INTEGER NOT NULL);
CREATE TABLE document (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE vector (
  id INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE, scale REAL NOT NULL, codes BLOB NOT NULL
);
CREATE TABLE exact (id INTEGER PRIMARY KEY REFERENCES vector(id) ON DELETE CASCADE, value BLOB NOT NULL);
CREATE TABLE passage (
  id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
  content TEXT NOT NULL, start_at INTEGER NOT NULL, end_at INTEGER NOT NULL,
  first_line INTEGER NOT NULL, last_line INTEGER NOT NULL, headings TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX passage_document ON passage(document);
CREATE INDEX passage_content ON passage(content);
CREATE VIRTUAL TABLE words USING fts5(
  title, headings, body, pairs, content = '', contentless_delete = 1, tokenize = 'porter unicode61'
);
PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${schemaVersion};
`

/** What a word weighs in a title, a heading, the text, and as a pair of characters: measured by \`ostro eval retrieval\`. */
const columnWeights = '3.0, 1.0, 1.0, 1.0'

export interface SqliteStoreOptions {
  /** How long a write waits for another process that writes, in milliseconds. Default 5,000. */
  readonly busyTimeoutMs?: number | undefined
  /** Most pages of 4 KiB that the file may have; beyond it is full. Default: as many as the disk holds. */
  readonly mostPages?: number | undefined
}

/**
 * Opens an index, or makes one. `:memory:` keeps it in memory.
 * @throws OstroError `store-unavailable` where the file cannot be opened, is no index, or was made by a newer version; its methods throw
 * it too where the file is locked, full or damaged
 */
export function openSqliteStore(file: string, options: SqliteStoreOptions = {}): PassageStore {
  const guarded = <T>(act: () => T): T => {
    try {
      return act()
    } catch (error) {
      throw asStoreError(error, file)
    }
  }
  const database = guarded(() => openDatabase(file, options))
  try {
    return guard(createStore(database), guarded)
  } catch (error) {
    database.close()
    throw error
  }
}

function openDatabase(file: string, { busyTimeoutMs = 5000, mostPages }: SqliteStoreOptions): DatabaseSync {
  const database = openSqlite(file, { timeout: busyTimeoutMs, allowExtension: false })
  try {
    // A write-ahead log lets others read while one writes; NORMAL survives the end of a process, not of the power.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON')
    if (mostPages !== undefined) database.exec(`PRAGMA max_page_count = ${Math.floor(mostPages)}`)
    transact(database, () => prepareSchema(database, file))
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function prepareSchema(database: DatabaseSync, file: string): void {
  const { application_id: owner } = database.prepare('PRAGMA application_id').get() ?? {}
  const { user_version: version } = database.prepare('PRAGMA user_version').get() ?? {}
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() ?? {}
  if (owner === 0 && version === 0 && tables === 0) return database.exec(schema)
  if (owner !== applicationId) throw unavailable(file, 'is a database of another program. Give another file.')
  if (version !== schemaVersion) {
    throw unavailable(
      file,
      `has version ${version}, this Ostro reads ${schemaVersion}. Delete the file and index again.`,
    )
  }
}

function statementsOf(database: DatabaseSync) {
  const sql = (text: string): StatementSync => database.prepare(text)
  const select = {
    encoder: sql('SELECT name, width FROM encoder'),
    documents: sql('SELECT path, hash FROM document'),
    hasVector: sql('SELECT 1 FROM vector WHERE content = ?'),
    document: sql('SELECT id FROM document WHERE path = ?'),
    rowsOfDocument: sql('SELECT id, content FROM passage WHERE document = ?'),
    isUsed: sql('SELECT 1 FROM passage WHERE content = ? LIMIT 1'),
    words: sql(
      `SELECT rowid AS row, -bm25(words, ${columnWeights}) AS score FROM words WHERE words MATCH ? ORDER BY bm25(words, ${columnWeights}), rowid LIMIT ?`,
    ),
    matches: sql('SELECT count(*) AS count FROM words WHERE words MATCH ?'),
    passageCount: sql('SELECT count(*) AS count FROM passage'),
    vectors: sql('SELECT id AS row, scale, codes FROM vector ORDER BY id'),
    vectorCount: sql('SELECT count(*) AS count FROM vector'),
    exact: sql('SELECT value FROM exact WHERE id = ?'),
    rowsOfVector: sql(
      'SELECT passage.id AS row FROM passage JOIN vector ON vector.content = passage.content WHERE vector.id = ? ORDER BY passage.id',
    ),
    passage: sql(
      'SELECT passage.*, path, title FROM passage JOIN document ON document.id = document WHERE passage.id = ?',
    ),
    version: sql('PRAGMA data_version'),
  }
  const insert = {
    encoder: sql('INSERT INTO encoder VALUES (?, ?)'),
    document: sql('INSERT INTO document (path, title, hash) VALUES (?, ?, ?)'),
    passage: sql(
      'INSERT INTO passage (document, content, start_at, end_at, first_line, last_line, headings, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    words: sql('INSERT INTO words (rowid, title, headings, body, pairs) VALUES (?, ?, ?, ?, ?)'),
    vector: sql('INSERT INTO vector (content, scale, codes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
    exact: sql('INSERT INTO exact VALUES (?, ?)'),
  }
  const remove = {
    words: sql('DELETE FROM words WHERE rowid = ?'),
    document: sql('DELETE FROM document WHERE id = ?'),
    vector: sql('DELETE FROM vector WHERE content = ?'),
    encoder: sql('DELETE FROM encoder'),
  }
  return { select, insert, remove }
}

function createStore(database: DatabaseSync): PassageStore {
  const { select, insert, remove } = statementsOf(database)
  let written = 0

  /** Contents whose vectors may have lost their last passage. */
  const takeOut = (path: string): string[] => {
    const id = select.document.get(path)?.['id']
    if (id === undefined) return []
    const rows = select.rowsOfDocument.all(id)
    for (const { id: row } of rows) remove.words.run(row)
    remove.document.run(id)
    return rows.map(({ content }) => String(content))
  }
  const dropUnused = (contents: readonly string[]): void => {
    for (const content of new Set(contents)) if (select.isUsed.get(content) === undefined) remove.vector.run(content)
  }
  const putIn = ({ path, title, hash, passages }: StoredDocument): void => {
    const { lastInsertRowid: document } = insert.document.run(path, title, hash)
    for (const { id, text, start, end, firstLine, lastLine, headings } of passages) {
      const place = [start, end, firstLine, lastLine]
      const { lastInsertRowid: row } = insert.passage.run(document, id, ...place, JSON.stringify(headings), text)
      const pairs = characterPairs(`${title} ${headings.join(' ')} ${text}`)
      insert.words.run(row, title, headings.join(' '), text, pairs)
    }
  }
  const putVector = ({ id, scale, codes, exact }: StoredVector): void => {
    const { changes, lastInsertRowid: row } = insert.vector.run(id, scale, bytesOf(codes))
    if (Number(changes) > 0) insert.exact.run(row, bytesOf(exact))
  }

  /** What BM25 gives a passage of average length for having a word once: the word's inverse document frequency, as FTS5 counts it. */
  const rarity = (term: string): number => {
    const having = Number(select.matches.get(term)?.['count'])
    const all = Number(select.passageCount.get()?.['count'])
    return Math.max(1e-6, Math.log((all - having + 0.5) / (having + 0.5)))
  }
  const close = (): void => {
    if (database.isOpen) database.close()
  }

  return {
    encoder: () => {
      const row = select.encoder.get()
      return row && { name: String(row['name']), width: Number(row['width']) }
    },
    documents: () => new Map(select.documents.all().map(({ path, hash }) => [String(path), String(hash)])),
    withVectors: (ids) => new Set(ids.filter((id) => select.hasVector.get(id) !== undefined)),
    put: (documents, vectors, encoderName) => {
      transact(database, () => {
        if (vectors.length > 0 && select.encoder.get() === undefined) {
          insert.encoder.run(encoderName, vectors[0].exact.length)
        }
        const before = documents.flatMap(({ path }) => takeOut(path))
        documents.forEach(putIn)
        vectors.forEach(putVector)
        dropUnused(before)
      })
      written++
    },
    remove: (paths) => {
      const removed = transact(database, () => {
        const known = paths.filter((path) => select.document.get(path) !== undefined)
        dropUnused(known.flatMap(takeOut))
        // An empty index may begin again with another encoder.
        if (select.vectorCount.get()?.['count'] === 0) remove.encoder.run()
        return known.length
      })
      written++
      return removed
    },
    searchWords: (terms, limit) => {
      if (terms.length === 0) return []
      const rows = select.words.all(terms.join(' OR '), limit)
      const most = rows.length === 0 ? 0 : terms.reduce((sum, term) => sum + rarity(term), 0)
      return rows.map(({ row, score }) => {
        return { row: Number(row), score: Number(score), coverage: Math.min(1, Number(score) / most) }
      })
    },
    *vectors() {
      for (const { row, scale, codes } of select.vectors.iterate()) {
        const bytes = codes as Uint8Array
        const values = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
        yield { row: Number(row), scale: Number(scale), codes: values }
      }
    },
    vectorCount: () => Number(select.vectorCount.get()?.['count']),
    exactVector: (row) => {
      const value = select.exact.get(row)?.['value']
      return value instanceof Uint8Array ? new Float32Array(value.slice().buffer) : undefined
    },
    passagesOfVector: (row) => select.rowsOfVector.all(row).map((passage) => Number(passage['row'])),
    passage: (row) => {
      const found = select.passage.get(row)
      return found && passageOf(found)
    },
    version: () => `${String(select.version.get()?.['data_version'])}.${written}`,
    close,
    [Symbol.dispose]: close,
  }
}

function passageOf(row: Record<string, unknown>): KeptPassage {
  return {
    id: String(row['content']),
    text: String(row['text']),
    start: Number(row['start_at']),
    end: Number(row['end_at']),
    firstLine: Number(row['first_line']),
    lastLine: Number(row['last_line']),
    headings: JSON.parse(String(row['headings'])) as string[],
    path: String(row['path']),
    title: String(row['title']),
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Int8Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** All or nothing. */
function transact<T>(database: DatabaseSync, act: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = act()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite has rolled back by itself where the disk is full.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** The same store, whose database errors are ours. */
function guard(store: PassageStore, guarded: <T>(act: () => T) => T): PassageStore {
  return {
    ...store,
    documents: () => guarded(() => store.documents()),
    withVectors: (ids) => guarded(() => store.withVectors(ids)),
    put: (documents, vectors, name) => guarded(() => store.put(documents, vectors, name)),
    remove: (paths) => guarded(() => store.remove(paths)),
    searchWords: (terms, limit) => guarded(() => store.searchWords(terms, limit)),
    exactVector: (row) => guarded(() => store.exactVector(row)),
    passage: (row) => guarded(() => store.passage(row)),
    version: () => guarded(() => store.version()),
  }
}

/** Primary result codes of SQLite that say that a file cannot be used now (https://sqlite.org/rescode.html). */
const causes: Readonly<Record<number, string>> = {
  5: 'is locked by another process. Try again when that has ended.',
  6: 'is locked by another process. Try again when that has ended.',
  8: 'cannot be written. Check its permissions.',
  10: 'could not be read or written. Check the disk.',
  11: 'is damaged. Delete the file and index again.',
  13: 'cannot grow: the disk is full. Make room and try again.',
  14: 'cannot be opened. Check that its folder exists and may be written.',
  26: 'is no database. Give another file.',
}

function asStoreError(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error
  const cause = causes[error.errcode & 0xff]
  return cause === undefined ? error : unavailable(file, cause, error)
}

function unavailable(file: string, what: string, cause?: Error): OstroError {
  return new OstroError('store-unavailable', `index: ${file} ${what}`, { file }, { cause })
}

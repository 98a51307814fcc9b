/// <reference lib="esnext.disposable" preserve="true" />
/** A search in one SQLite file, a row per node and the last commit's progress. Killed at any moment, it goes on from that commit. */
import { openSqliteFile, type SqliteFileKind } from '../sqlite-file.node.ts'
import type { SqliteFileOptions } from '../sqlite-file-options.ts'
import type { SearchCommit, SearchRow, SearchStore } from './rows.ts'

const searchFile: SqliteFileKind = {
  name: 'search',
  // "Osts".
  applicationId: 0x4f737473,
  version: 1,
  schema: `
CREATE TABLE search_node (
  node INTEGER PRIMARY KEY, parent INTEGER, action TEXT NOT NULL, observation TEXT NOT NULL, snapshot TEXT NOT NULL,
  state TEXT NOT NULL, n REAL NOT NULL, w REAL NOT NULL, v0 REAL NOT NULL, sc REAL NOT NULL, reflection TEXT, more TEXT NOT NULL
);
CREATE TABLE progress (only INTEGER PRIMARY KEY CHECK (only = 1), body TEXT NOT NULL);
`,
}

/**
 * Opens a search, or makes the file for one.
 * @throws OstroError `store-unavailable` where the file cannot be opened, holds something else, or was made by a newer version; `load`
 * and `commit` throw it too where the file is locked, full or damaged
 */
export function openSqliteSearch(file: string, options: SqliteFileOptions = {}): SearchStore & Disposable {
  const { database, guarded, transact, ...opened } = openSqliteFile(file, searchFile, options)
  const nodes = database.prepare('SELECT * FROM search_node ORDER BY node')
  const progress = database.prepare('SELECT body FROM progress')
  const putNode = database.prepare(
    'INSERT OR REPLACE INTO search_node (node, parent, action, observation, snapshot, state, n, w, v0, sc, reflection, more) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const putProgress = database.prepare('INSERT OR REPLACE INTO progress (only, body) VALUES (1, ?)')
  const readProgress = (): Omit<SearchCommit, 'rows'> | undefined => {
    const body = progress.get()?.['body']
    return body === undefined ? undefined : (JSON.parse(String(body)) as Omit<SearchCommit, 'rows'>)
  }
  return {
    // What the last of many commits comes to is one commit.
    load: () =>
      guarded(() => {
        const last = readProgress()
        return last === undefined ? [] : [{ ...last, rows: nodes.all().map(readRow) }]
      }),
    commit: ({ rows, history, ...last }) =>
      transact(() => {
        const first = history ?? readProgress()?.history
        for (const { node, parent, action, observation, snapshot, state, n, w, v0, sc, reflection, ...more } of rows) {
          const texts = [snapshot, reflection, more].map((value) => JSON.stringify(value))
          putNode.run(node, parent, action, observation, texts[0], state, n, w, v0, sc, texts[1], texts[2])
        }
        putProgress.run(JSON.stringify({ ...last, history: first }))
      }),
    [Symbol.dispose]: opened[Symbol.dispose],
  }
}

function readRow({ snapshot, reflection, more, ...columns }: Record<string, unknown>): SearchRow {
  const [readSnapshot, readReflection, others] = [snapshot, reflection, more].map(
    (text) => JSON.parse(String(text)) as unknown,
  )
  return { ...columns, ...(others as object), snapshot: readSnapshot, reflection: readReflection } as SearchRow
}

/// <reference lib="esnext.disposable" preserve="true" />
/** One SQLite file of one kind: made where there is none, refused where it is something else, its errors told as a store's. */
import type { DatabaseSync } from 'node:sqlite'
import { OstroError } from '../util/error.ts'
import { openSqlite } from '../util/sqlite.node.ts'
import type { SqliteFileOptions } from './sqlite-file-options.ts'

export interface SqliteFileKind {
  /** What the file is, for messages: `memory`, `search`. */
  readonly name: string
  /** So that the database of another program is not taken for one of these. */
  readonly applicationId: number
  readonly version: number
  readonly schema: string
}

export interface SqliteFile extends Disposable {
  readonly database: DatabaseSync
  /** @throws OstroError `store-unavailable` for whatever the database throws */
  readonly guarded: <T>(act: () => T) => T
  /** All of it or nothing. @throws OstroError `store-unavailable` */
  readonly transact: <T>(act: () => T) => T
}

/**
 * `:memory:` is kept as long as it is open.
 * @throws OstroError `store-unavailable` where the file cannot be opened, is of another kind, or was made by a newer version
 */
export function openSqliteFile(file: string, kind: SqliteFileKind, options: SqliteFileOptions = {}): SqliteFile {
  const guarded = <T>(act: () => T): T => {
    try {
      return act()
    } catch (error) {
      if (error instanceof OstroError) throw error
      const reason = error instanceof Error ? error.message : String(error)
      const message = `${kind.name}: ${file} cannot be used: ${reason}. Free it, or name another file.`
      throw new OstroError('store-unavailable', message, { file }, { cause: error })
    }
  }
  const database = guarded(() => openDatabase(file, kind, options.busyTimeoutMs ?? 5000))
  return {
    database,
    guarded,
    transact: (act) => guarded(() => transact(database, act)),
    [Symbol.dispose]: () => database.close(),
  }
}

function openDatabase(file: string, kind: SqliteFileKind, busyTimeoutMs: number): DatabaseSync {
  const database = openSqlite(file, { timeout: busyTimeoutMs })
  try {
    // Of several processes that open a new file at once, one writes the schema.
    transact(database, () => prepareSchema(database, file, kind))
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function prepareSchema(database: DatabaseSync, file: string, { name, applicationId, version, schema }: SqliteFileKind) {
  const [owner, found] = ['application_id', 'user_version'].map((pragma) =>
    Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]),
  )
  const isNew = owner === 0 && database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'] === 0
  if (isNew) {
    database.exec(`${schema}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version}`)
  } else if (owner !== applicationId) {
    const message = `${name}: a file of this kind expected, ${file} is another database. Name another file.`
    throw new OstroError('store-unavailable', message, { file })
  } else if (found > version) {
    throw new OstroError('store-unavailable', `${name}: ${file} was made by a newer Ostro. Update this one.`, { file })
  }
}

function transact<T>(database: DatabaseSync, act: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const value = act()
    database.exec('COMMIT')
    return value
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/**
 * SQLite of Node, taken when a database is opened and not before: what exports a store also loads in a page, and Nodes that still call
 * their SQLite an experiment say so only to those who use it.
 */
import type { DatabaseSync, DatabaseSyncOptions } from 'node:sqlite'
import { OstroError } from './error.ts'

/** @throws OstroError `store-unavailable` where there is no SQLite; what SQLite throws where the file cannot be opened */
export function openSqlite(file: string, options: DatabaseSyncOptions): DatabaseSync {
  const runtime = typeof process === 'undefined' ? undefined : process
  const sqlite = runtime?.getBuiltinModule?.('node:sqlite')
  if (sqlite === undefined) {
    throw new OstroError('store-unavailable', 'sqlite: Node 22.5 or later expected. Give a store of your own.', {
      file,
    })
  }
  return new sqlite.DatabaseSync(file, options)
}

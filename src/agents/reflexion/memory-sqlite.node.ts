/// <reference lib="esnext.disposable" preserve="true" />
/** Trials of reflexion in one SQLite file. A trial that was stored survives the death of the process at any moment after. */
import type { Memory, TrialRecord } from '../../tools/steps/trial-memory.ts'
import { openSqliteFile, type SqliteFileKind } from '../sqlite-file.node.ts'
import type { SqliteFileOptions } from '../sqlite-file-options.ts'

const memoryFile: SqliteFileKind = {
  name: 'memory',
  // "Ostm".
  applicationId: 0x4f73746d,
  version: 1,
  schema: `
CREATE TABLE trial (
  id INTEGER PRIMARY KEY, task_key TEXT NOT NULL, run_id TEXT, trial INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX trial_task ON trial(task_key);
CREATE UNIQUE INDEX trial_once ON trial(task_key, run_id, trial) WHERE run_id IS NOT NULL;
`,
}

export type SqliteMemoryOptions = SqliteFileOptions

/**
 * Opens a memory, or makes one. `:memory:` keeps it as long as it is open.
 * @throws OstroError `store-unavailable` where the file cannot be opened, is no memory, or was made by a newer version; `recall` and
 * `store` throw it too where the file is locked, full or damaged
 */
export function openSqliteMemory(file: string, options: SqliteMemoryOptions = {}): Memory & Disposable {
  const { database, guarded, ...opened } = openSqliteFile(file, memoryFile, options)
  const read = database.prepare('SELECT body FROM trial WHERE task_key = ? ORDER BY id')
  const write = database.prepare('INSERT INTO trial (task_key, run_id, trial, body) VALUES (?, ?, ?, ?)')
  return {
    recall: async (taskKey) =>
      guarded(() => read.all(taskKey).map(({ body }) => readRecord(JSON.parse(String(body)) as StoredRecord))),
    store: async (record) => {
      const { taskKey, runId = null, trial } = record
      guarded(() => write.run(taskKey, runId, trial, JSON.stringify(record)))
    },
    [Symbol.dispose]: opened[Symbol.dispose],
  }
}

/** JSON has no undefined: what is absent is left out. */
type StoredRecord = Omit<TrialRecord, 'runId' | 'reflection'> & Partial<Pick<TrialRecord, 'runId' | 'reflection'>>

const readRecord = (stored: StoredRecord): TrialRecord => ({ runId: undefined, reflection: undefined, ...stored })

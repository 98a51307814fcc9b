/** Trials of reflexion in one SQLite file. A trial that was stored survives the death of the process at any moment after. */
import type { DatabaseSync } from 'node:sqlite'
import { OstroError } from '../../util/error.ts'
import { openSqlite } from '../../util/sqlite.node.ts'
import type { Memory, TrialRecord } from './memory.ts'

/** "Ostm", so that the database of another program is not taken for a memory. */
const applicationId = 0x4f73746d
const schemaVersion = 1

const schema = `
CREATE TABLE trial (
  id INTEGER PRIMARY KEY, task_key TEXT NOT NULL, run_id TEXT, trial INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX trial_task ON trial(task_key);
CREATE UNIQUE INDEX trial_once ON trial(task_key, run_id, trial) WHERE run_id IS NOT NULL;
PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${schemaVersion};
`

export interface SqliteMemoryOptions {
  /** How long a write waits for another process that writes, in milliseconds. Default 5,000. */
  readonly busyTimeoutMs?: number | undefined
}

/**
 * Opens a memory, or makes one. `:memory:` keeps it as long as it is open.
 * @throws OstroError `store-unavailable` where the file cannot be opened, is no memory, or was made by a newer version; `recall` and
 * `store` throw it too where the file is locked, full or damaged
 */
export function openSqliteMemory(file: string, options: SqliteMemoryOptions = {}): Memory & Disposable {
  const guarded = <T>(act: () => T): T => {
    try {
      return act()
    } catch (error) {
      if (error instanceof OstroError) throw error
      const reason = error instanceof Error ? error.message : String(error)
      const message = `memory: ${file} cannot be used: ${reason}. Free it, or name another file.`
      throw new OstroError('store-unavailable', message, { file }, { cause: error })
    }
  }
  const database = guarded(() => openDatabase(file, options.busyTimeoutMs ?? 5000))
  const read = database.prepare('SELECT body FROM trial WHERE task_key = ? ORDER BY id')
  const write = database.prepare('INSERT INTO trial (task_key, run_id, trial, body) VALUES (?, ?, ?, ?)')
  return {
    recall: async (taskKey) =>
      guarded(() => read.all(taskKey).map(({ body }) => readRecord(JSON.parse(String(body)) as StoredRecord))),
    store: async (record) => {
      const { taskKey, runId = null, trial } = record
      guarded(() => write.run(taskKey, runId, trial, JSON.stringify(record)))
    },
    [Symbol.dispose]: () => database.close(),
  }
}

/** JSON has no undefined: what is absent is left out. */
type StoredRecord = Omit<TrialRecord, 'runId' | 'reflection'> & Partial<Pick<TrialRecord, 'runId' | 'reflection'>>

const readRecord = (stored: StoredRecord): TrialRecord => ({ runId: undefined, reflection: undefined, ...stored })

function openDatabase(file: string, busyTimeoutMs: number): DatabaseSync {
  const database = openSqlite(file, { timeout: busyTimeoutMs })
  try {
    // Of several processes that open a new file at once, one writes the schema.
    database.exec('BEGIN IMMEDIATE')
    const [application, version] = ['application_id', 'user_version'].map((name) =>
      Number(database.prepare(`PRAGMA ${name}`).get()?.[name]),
    )
    const isNew = application === 0 && database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'] === 0
    if (isNew) database.exec(schema)
    else if (application !== applicationId) {
      throw new OstroError('store-unavailable', `memory: a memory of reflexion expected, ${file} is another database.`)
    } else if (version > schemaVersion) {
      throw new OstroError('store-unavailable', `memory: ${file} was made by a newer Ostro. Update this one.`)
    }
    database.exec('COMMIT')
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

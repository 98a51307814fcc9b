import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary.ts'
import { openSqliteMemory } from './memory-sqlite.node.ts'
import type { TrialRecord } from '../../tools/steps/trial-memory.ts'

const record = (trial: number, more: Partial<TrialRecord> = {}): TrialRecord => ({
  taskKey: 'task',
  runId: 'run',
  trial,
  candidate: { text: `candidate ${trial}` },
  trajectory: "it's \u0000 text",
  verdict: { passed: false, score: 0.5, feedback: 'no' },
  proof: true,
  reflection: undefined,
  ...more,
})

const child = fileURLToPath(new URL('../../../test/support/reflexion-child.ts', import.meta.url))

function runChild(file: string, commits: string) {
  const { stdout, signal } = spawnSync(process.execPath, [child, file, commits], { encoding: 'utf8', timeout: 30_000 })
  return { signal, result: stdout === '' ? undefined : (JSON.parse(stdout) as Record<string, unknown>) }
}

describe('a memory in SQLite', () => {
  it('gives back what was stored, in order, by task, to whoever opens it later', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'memory.sqlite')
    const records = [record(0), record(1, { reflection: 'learnt' }), record(0, { runId: undefined })]
    {
      using memory = openSqliteMemory(file)
      for (const each of records) await memory.store(each)
      await memory.store(record(0, { taskKey: "'; DROP TABLE trial; --" }))
    }
    using memory = openSqliteMemory(file)
    expect(await memory.recall('task')).toEqual(records)
    expect(await memory.recall("'; DROP TABLE trial; --")).toHaveLength(1)
    expect(await memory.recall('other')).toEqual([])
  })

  it('refuses a trial of a run that it has', async () => {
    using memory = openSqliteMemory(':memory:')
    await memory.store(record(0))
    await expect(memory.store(record(0))).rejects.toMatchObject({ code: 'store-unavailable' })
  })

  it('refuses what is no memory, and what a newer version made', async () => {
    await using folder = await temporaryFolder()
    const unavailable = expect.objectContaining({ code: 'store-unavailable' })
    const text = join(folder.path, 'text')
    writeFileSync(text, 'no database, but long enough to be looked at as one'.repeat(50))
    expect(() => openSqliteMemory(text)).toThrow(unavailable)
    expect(() => openSqliteMemory(join(folder.path, 'missing', 'memory'))).toThrow(unavailable)
    const other = new DatabaseSync(join(folder.path, 'other'))
    other.exec('CREATE TABLE something (x)')
    other.close()
    expect(() => openSqliteMemory(join(folder.path, 'other'))).toThrow(unavailable)
    const newer = join(folder.path, 'newer')
    openSqliteMemory(newer)[Symbol.dispose]()
    const database = new DatabaseSync(newer)
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(() => openSqliteMemory(newer)).toThrow(unavailable)
  })

  it('says so where another process holds it', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'memory')
    using memory = openSqliteMemory(file, { busyTimeoutMs: 10 })
    const holder = new DatabaseSync(file)
    holder.exec('BEGIN EXCLUSIVE')
    await expect(memory.store(record(0))).rejects.toMatchObject({ code: 'store-unavailable' })
    holder.close()
    await memory.store(record(0))
  })

  it('survives the death of the process after each commit, and the run goes on to the same end', async () => {
    await using folder = await temporaryFolder()
    const whole = runChild(join(folder.path, 'whole'), '').result
    expect(whole).toMatchObject({ calls: 8 })
    using wholeMemory = openSqliteMemory(join(folder.path, 'whole'))
    const trials = await wholeMemory.recall('the task')
    for (const commits of [0, 1, 2, 3, 4]) {
      const file = join(folder.path, `killed-${commits}`)
      expect(runChild(file, String(commits))).toEqual({ signal: 'SIGKILL', result: undefined })
      {
        using memory = openSqliteMemory(file)
        expect(await memory.recall('the task')).toEqual(trials.slice(0, commits))
      }
      expect(runChild(file, '').result).toEqual({ ...whole, calls: 8 - 2 * commits })
      using memory = openSqliteMemory(file)
      expect(await memory.recall('the task')).toEqual(trials)
    }
  })
})

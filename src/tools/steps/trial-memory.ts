/** What agents remember of their attempts from one run to the next, and where a long run is kept while it goes on. */
import type { JsonValue } from '../../util/json.ts'
import type { Verdict } from './verifier.ts'

export interface TrialRecord {
  readonly taskKey: string
  /** Undefined for a run that nobody will go on with. */
  readonly runId: string | undefined
  /** Of its run, from 0. */
  readonly trial: number
  readonly candidate: JsonValue
  readonly trajectory: string
  readonly verdict: Verdict
  /** Whether the verdict proves anything. */
  readonly proof: boolean
  /** Undefined where there was none, or where it said what one before said. */
  readonly reflection: string | undefined
}

interface MemoryOptions {
  readonly signal?: AbortSignal | undefined
}

/** Where trials are kept. @throws OstroError `store-unavailable` */
export interface Memory {
  /** The trials of a task, oldest first. */
  readonly recall: (taskKey: string, options?: MemoryOptions) => Promise<readonly TrialRecord[]>
  /** Keeps a trial, whole or not at all; it is kept when the promise is fulfilled. */
  readonly store: (record: TrialRecord, options?: MemoryOptions) => Promise<void>
}

/** A part of a memory, whose tasks are apart from those of other owners. */
export function memoryOf(memory: Memory, owner: string): Memory {
  // No owner's name can be made to look like another's with the beginning of a task.
  const keyOf = (taskKey: string): string => JSON.stringify([owner, taskKey])
  return {
    recall: (taskKey, options) => memory.recall(keyOf(taskKey), options),
    store: (record, options) => memory.store({ ...record, taskKey: keyOf(record.taskKey) }, options),
  }
}

/** Where a run is kept, commit by commit, so that another process can go on with it. */
export interface CommitStore<Commit> {
  /** All commits of the run, in order; none of a new one. */
  load(): readonly Commit[] | Promise<readonly Commit[]>
  /** One transaction: all of it is kept or nothing. */
  commit(commit: Commit): void | Promise<void>
}

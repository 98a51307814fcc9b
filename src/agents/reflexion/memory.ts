/** What reflexion remembers of a task: its trials, in order, and what the next attempt is shown of them. */
import type { Verdict } from '../../tools/steps/verifier.ts'
import type { JsonValue } from '../../util/json.ts'
import type { Lessons } from './actor.ts'

/**
 * What the next attempt sees of those before: nothing, the last one with what was wrong with it, the reflections, or both. The first two
 * are what reflexion has to be better than.
 */
export const memoryModes = ['none', 'last-attempt', 'reflexion', 'both'] as const

export type MemoryMode = (typeof memoryModes)[number]

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

/** A memory as long as its process. */
export function createMemory(): Memory {
  const records = new Map<string, TrialRecord[]>()
  return {
    recall: async (taskKey) => records.get(taskKey) ?? [],
    store: async (record) => {
      records.set(record.taskKey, [...(records.get(record.taskKey) ?? []), record])
    },
  }
}

/** What of its trials the next attempt at a task sees. */
export function lessonsOf(records: readonly TrialRecord[], mode: MemoryMode, window: number): Lessons {
  const last = records.at(-1)
  const showsLast = mode === 'last-attempt' || mode === 'both'
  const showsReflections = mode === 'reflexion' || mode === 'both'
  const reflections = records.flatMap(({ reflection }) => (reflection === undefined ? [] : [reflection]))
  return {
    reflections: showsReflections ? reflections.slice(-window) : [],
    lastAttempt:
      showsLast && last !== undefined ? { text: last.trajectory, feedback: last.verdict.feedback } : undefined,
  }
}

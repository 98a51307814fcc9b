/** What reflexion remembers of a task: its trials, in order, and what the next attempt is shown of them. */
import type { Memory, TrialRecord } from '../../tools/steps/trial-memory.ts'
import type { Lessons } from './actor.ts'

/**
 * What the next attempt sees of those before: nothing, the last one with what was wrong with it, the reflections, or both. The first two
 * are what reflexion has to be better than.
 */
export const memoryModes = ['none', 'last-attempt', 'reflexion', 'both'] as const

export type MemoryMode = (typeof memoryModes)[number]

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

/** The hidden tests, for the grader's process and the tests of the tasks themselves; nothing that an agent runs in may load this file. */
import type { CodeTest } from '../../agents/reflexion/code-tests.ts'
import type { JavascriptTaskSet } from './javascript-task-sets.ts'
import development from './javascript-tasks/development.hidden.json' with { type: 'json' }
import heldBack from './javascript-tasks/held-back.hidden.json' with { type: 'json' }

export interface HiddenTests {
  readonly id: string
  readonly tests: readonly CodeTest[]
  /** Passes them all. */
  readonly solution: string
  /** Of a misleading task: what habit would write. */
  readonly naive?: string | undefined
}

export const hiddenTests: Readonly<Record<JavascriptTaskSet, readonly HiddenTests[]>> = {
  development,
  'held-back': heldBack,
}

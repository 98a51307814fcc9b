/**
 * Eighty JavaScript tasks written for this: a description, examples that the agent sees, hidden tests that it does not. Half are held back:
 * whoever tunes an agent looks at the others. In a third of each half a habit misleads (counting from 0, rounding half up), so that tests
 * which the model writes by habit are wrong, while the examples show what is meant.
 */
import type { CodeTask } from '../../agents/reflexion/code-task.ts'
import development from './javascript-tasks/development.json' with { type: 'json' }
import heldBack from './javascript-tasks/held-back.json' with { type: 'json' }

export interface JavascriptTask extends CodeTask {
  readonly id: string
  /** Habit misleads whoever writes tests for it. */
  readonly misleading: boolean
}

/** What may be seen of the tasks, by set. Hidden tests are for the grader's process alone. */
export const javascriptTasks: Readonly<Record<'development' | 'held-back', readonly JavascriptTask[]>> = {
  development,
  'held-back': heldBack,
}

export type JavascriptTaskSet = keyof typeof javascriptTasks

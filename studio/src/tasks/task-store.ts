/** The forms and runs of the tasks. */
import { createRunStore } from '../runs/run-store.ts'

export const taskRuns = createRunStore('tasks')

/** The forms and runs of the agents. */
import { createRunStore } from '../runs/run-store.ts'

export const agentRuns = createRunStore('agents')

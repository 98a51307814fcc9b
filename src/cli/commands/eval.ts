/** ostro eval SUITE: one file per suite in `eval/`, one line here. */
import type { CommandEntry } from '../commands.ts'

export const members: Readonly<Record<string, CommandEntry>> = {
  agents: {
    summary: 'What agents gain over plain sampling with the same tokens',
    load: () => import('./eval/agents.ts'),
  },
  bfcl: { summary: 'How many function calls are right, by category', load: () => import('./eval/bfcl.ts') },
  retrieval: {
    summary: 'How well documents are found, by words and by meaning',
    load: () => import('./eval/retrieval.ts'),
  },
  tasks: {
    summary: 'How good the text tasks are, each against the plain prompt',
    load: () => import('./eval/tasks.ts'),
  },
}

/** ostro eval SUITE: one file per suite in `eval/`, one line here. */
import type { CommandEntry } from '../commands.ts'

export const members: Readonly<Record<string, CommandEntry>> = {
  bfcl: { summary: 'How many function calls are right, by category', load: () => import('./eval/bfcl.ts') },
}

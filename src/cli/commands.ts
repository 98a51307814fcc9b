/** The table of commands: a summary for the help text, and the file that is loaded when the command is called. */
import type { Command } from './command.ts'

export interface CommandEntry {
  readonly summary: string
  readonly load: () => Promise<{ readonly command: Command }>
}

export const commands: Readonly<Record<string, CommandEntry>> = {
  pull: { summary: 'Download a model', load: () => import('./commands/pull.ts') },
  ls: { summary: 'List the models on this machine', load: () => import('./commands/ls.ts') },
  show: { summary: "Show a model's metadata", load: () => import('./commands/show.ts') },
  rm: { summary: 'Remove a downloaded model', load: () => import('./commands/rm.ts') },
}

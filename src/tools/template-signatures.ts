/** Templates that lie: what they show of earlier calls is not what their model writes. */
import type { Dialect } from './dialect.ts'
import { commandR, commandR7b } from './dialects/command-r.ts'
import { functionary32 } from './dialects/functionary.ts'
import { harmony } from './dialects/harmony.ts'

interface Signature {
  readonly dialect: Dialect
  /** Given a prompt with tools, and a conversation that ends with a call. */
  readonly signs: (prompt: string, called: string) => boolean
}

const signatures: readonly Signature[] = [
  // History has the recipient before the channel, the model writes it behind.
  { dialect: harmony, signs: (_prompt, called) => called.includes('to=functions.') && called.includes('<|channel|>') },
  // The first recipient's marker belongs to the prompt.
  { dialect: functionary32, signs: (prompt) => prompt.trimEnd().endsWith('>>>') },
  // Calls have ids of their own, which the model counts; ours are given.
  { dialect: commandR7b, signs: (_prompt, called) => called.includes('<|START_ACTION|>') },
  { dialect: commandR, signs: (_prompt, called) => called.includes('Action:') && called.includes('"tool_name"') },
]

export function signedDialect(prompt: string, called: string): Dialect | undefined {
  return signatures.find(({ signs }) => signs(prompt, called))?.dialect
}

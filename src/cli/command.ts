/** What a command is: its arguments (citty's definitions) and a function of them. One file per command, one line in commands.ts. */
import type { ArgsDef, ParsedArgs } from 'citty'
import type { Output } from './output.ts'

/** Flags that every command has. */
export const commonArgs = {
  json: { type: 'boolean', description: 'Print JSON, one value per line' },
} as const satisfies ArgsDef

export interface CommandContext<Args extends ArgsDef> {
  readonly args: ParsedArgs<Args & typeof commonArgs>
  readonly output: Output
  /** Fires at Ctrl-C. */
  readonly signal: AbortSignal
}

export interface Command {
  readonly args: ArgsDef
  /** Whether more positional arguments may follow than are defined (they are in `args._`). */
  readonly rest: boolean
  readonly run: (context: ParsedContext) => Promise<void>
}

/** The context before the definitions give its arguments their types. */
export interface ParsedContext {
  readonly args: ParsedArgs
  readonly output: Output
  readonly signal: AbortSignal
}

/**
 * Defines a command.
 * @example
 * export const command = defineCommand({
 *   args: { model: { type: 'positional', required: true, description: 'Name, URI or path' } },
 *   run: async ({ args, output }) => output.print({ model: args.model }, args.model),
 * })
 */
export function defineCommand<const Args extends ArgsDef>(definition: {
  readonly args: Args
  readonly rest?: boolean
  readonly run: (context: CommandContext<Args>) => Promise<void>
}): Command {
  return {
    args: { ...definition.args, ...commonArgs },
    rest: definition.rest ?? false,
    // The parser produced the arguments from these very definitions.
    run: (context) => definition.run(context as unknown as CommandContext<Args>),
  }
}

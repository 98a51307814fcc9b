#!/usr/bin/env node
/** The program `ostro`: finds the command, checks its arguments, runs it, turns what it throws into a message and an exit code. */
import { OstroError } from '../util/error.ts'
import { type CommandEntry, type CommandFamily, commands } from './commands.ts'
import { exitCodeOf, exitCodes, type ExitCode } from './exit-code.ts'
import type { Output } from './output.ts'

/** Parsers, output and commands are loaded only when one is called: the help text must not wait for them. */
async function main(argv: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = argv
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(helpText())
    return name === undefined ? exitCodes.usage : exitCodes.ok
  }
  if (name === '--version' || name === '-v') {
    const { version } = await import('./version.ts')
    process.stdout.write(`${await version()}\n`)
    return exitCodes.ok
  }
  const json = rest.includes('--json')
  const { createOutput } = await import('./output.ts')
  const output = createOutput({ json, env: process.env, stdout: process.stdout, stderr: process.stderr })
  try {
    await runCommand(name, rest, output)
    return exitCodes.ok
  } catch (error) {
    return report(error, json)
  }
}

async function runCommand(name: string, raw: readonly string[], output: Output): Promise<void> {
  const { suggestion, usage } = await import('./arguments.ts')
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (entry === undefined) throw usage(`unknown command ${name}${suggestion(name, Object.keys(commands))}`, { name })
  if ('members' in entry) return runMember(name, entry, raw, output)
  await runEntry(name, entry, raw, output)
}

/** `ostro eval bfcl ...`: the first argument names the command. */
async function runMember(name: string, family: CommandFamily, raw: readonly string[], output: Output): Promise<void> {
  const { suggestion, usage } = await import('./arguments.ts')
  const members = await family.members()
  const [member, ...rest] = raw
  if (member === '--help' || member === '-h' || member === '--list') {
    process.stdout.write(familyHelp(name, family, members))
    return
  }
  if (member === undefined || !Object.hasOwn(members, member)) {
    const known = Object.keys(members)
    const problem = member === undefined ? 'got none' : `got ${member}${suggestion(member, known)}`
    throw usage(`${name}: expected one of ${known.join(', ')}; ${problem}`, { name: member })
  }
  await runEntry(`${name} ${member}`, members[member], rest, output)
}

async function runEntry(name: string, entry: CommandEntry, raw: readonly string[], output: Output): Promise<void> {
  const { checkArguments, joinValues, usage } = await import('./arguments.ts')
  const [{ command }, { parseArgs, renderUsage }] = await Promise.all([entry.load(), import('citty')])
  const beforeRest = raw.includes('--') ? raw.slice(0, raw.indexOf('--')) : raw
  if (beforeRest.includes('--help') || beforeRest.includes('-h')) {
    const { stripVTControlCharacters } = await import('node:util')
    const text = await renderUsage({ meta: { name: `ostro ${name}`, description: entry.summary }, args: command.args })
    process.stdout.write(`${stripVTControlCharacters(text)}\n`)
    return
  }
  checkArguments(raw, command.args, { rest: command.rest })
  const args = parse(() => parseArgs(joinValues(raw, command.args), command.args), usage)
  const interrupt = new AbortController()
  const stop = (): void => {
    // The second Ctrl-C does not wait for anybody.
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted)
    interrupt.abort()
  }
  process.on('SIGINT', stop)
  try {
    await command.run({ args, output, signal: interrupt.signal })
  } catch (error) {
    if (interrupt.signal.aborted) throw new OstroError('aborted', 'ostro: interrupted.', {}, { cause: error })
    throw error
  } finally {
    process.off('SIGINT', stop)
  }
}

function parse<Args>(parseArgs: () => Args, usage: (problem: string) => OstroError): Args {
  try {
    return parseArgs()
  } catch (error) {
    // The parser's own class is not exported; it has colours in its message.
    // oxlint-disable-next-line no-control-regex
    throw usage(error instanceof Error ? error.message.replace(/\u001b\[\d+m/g, '').replace(/\.$/, '') : String(error))
  }
}

function report(error: unknown, json: boolean): ExitCode {
  const exitCode = exitCodeOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (json) {
    const code = error instanceof OstroError ? error.code : 'internal'
    const fields = error instanceof OstroError ? error.fields : {}
    process.stderr.write(`${JSON.stringify({ error: { code, message, fields, exitCode } })}\n`)
    return exitCode
  }
  // An error that is not Ostro's own is a defect: its stack is the report.
  const text = error instanceof OstroError || !(error instanceof Error) ? message : (error.stack ?? message)
  process.stderr.write(`${text}\n`)
  return exitCode
}

function familyHelp(name: string, { summary }: CommandFamily, members: Readonly<Record<string, CommandEntry>>): string {
  const rest = `"ostro ${name} ${Object.keys(members)[0]} --help" explains one of them. All take --json.`
  return [`ostro ${name}: ${summary}`, '', ...listOf(members), '', rest, ''].join('\n')
}

function listOf(entries: Readonly<Record<string, { readonly summary: string }>>): string[] {
  const width = Math.max(...Object.keys(entries).map((name) => name.length))
  return Object.entries(entries).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
}

function helpText(): string {
  return [
    'ostro: open language models on this machine, in TypeScript.',
    '',
    'Usage: ostro COMMAND [ARGUMENTS]',
    '',
    ...listOf(commands),
    '',
    '"ostro COMMAND --help" explains a command. All take --json.',
    'A model is a name of the catalogue ("ostro ls --all"), a URI (hf:, ms:, https:, pypi:) or a path.',
    'Exit codes: 0 ok, 1 failure, 2 usage, 3 not found, 4 network, 5 corrupt model, 6 out of memory, 130 interrupted.',
    '',
  ].join('\n')
}

// `ostro ... | head` closes the pipe: that is the end of the job, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.ok)
  throw error
})
process.exitCode = await main(process.argv.slice(2))

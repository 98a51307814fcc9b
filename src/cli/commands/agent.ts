/** ostro agent NAME TASK: an agent of the registry at work on a task, live on a terminal, as JSON lines for programs. */
import type { ArgsDef } from 'citty'
import { calculateTool } from '../../agents/calculate.ts'
import { openSqliteSearch } from '../../agents/index.ts'
import { agentSteps } from '../../agents/steps/index.ts'
import { defaultModelName } from '../../hub/index.ts'
import { remoteModel } from '../../remote/index.ts'
import type { LanguageModel } from '../../tools/language-model.ts'
import { logRun } from '../../tools/steps/run-log.ts'
import type { StepDefinition, StepEvent } from '../../tools/steps/step.ts'
import { OstroError } from '../../util/error.ts'
import { openTools, toolArgs, type ToolFlags } from '../agent-tools.ts'
import { approveCalls } from '../approve-calls.ts'
import { usage } from '../arguments.ts'
import { budgetArg, readBudget } from '../budget-flag.ts'
import { type Command, type CommandContext, defineCommand } from '../command.ts'
import type { CommandEntry } from '../commands.ts'
import { count, loadArgs, type LoadFlags, loadModel, readStandardInput } from '../model-options.ts'
import type { Output } from '../output.ts'
import { runView } from '../run-view.ts'
import { treeRunView } from '../tree-view.ts'
import { openMemory } from '../memory-file.ts'
import { checkFlags, flagsOf, inputsOf, readFlags, settingsOf } from '../step-flags.ts'
import { openTrace } from '../trace-file.ts'
import { readVerifiers } from '../verifier-flag.ts'

export const members: Readonly<Record<string, CommandEntry>> = Object.fromEntries(
  agentSteps.map((step) => [
    step.name,
    { summary: step.description, load: async () => ({ command: agentCommand(step) }) } satisfies CommandEntry,
  ]),
)

const runArgs = {
  task: { type: 'positional', required: false, description: 'What is to be done; - reads standard input' },
  model: { type: 'string', alias: 'm', description: `Name, URI or path; default ${defaultModelName}` },
  remote: {
    type: 'string',
    description: 'Address of a server, up to /v1, that has the model (its key: OSTRO_REMOTE_KEY)',
  },
  critic: { type: 'string', description: 'Another model that judges' },
  'critic-remote': { type: 'string', description: 'Address of a server that has the critic' },
  ...budgetArg,
  seed: { type: 'string', description: 'Same seed on the same model: same run (Default: 0)' },
  trace: { type: 'string', description: 'File that the events are appended to, a JSON value per line' },
} as const satisfies ArgsDef

const verifierArgs = {
  verifier: {
    type: 'string',
    description: 'contains:TEXT, regex:/PATTERN/, words:LEAST-MOST, json-schema:FILE, rubric:FILE; joined by " && "',
  },
} as const satisfies ArgsDef

/** Only where somebody can be asked. */
const askArgs = {
  'ask-tools': { type: 'string', description: 'Tools about whose calls you are asked, also where they only read' },
  'approve-all': { type: 'boolean', description: 'As --allow-tools "*": run every call without asking' },
} as const satisfies ArgsDef

const memoryArgs = {
  memory: { type: 'string', description: 'File of what earlier runs have learnt, or none (Default: of your account)' },
} as const satisfies ArgsDef

const searchArgs = {
  resume: { type: 'string', description: 'File that the search is kept in; one that it holds already is gone on with' },
} as const satisfies ArgsDef

/** Flags that only some agents have. */
interface OwnFlags extends ToolFlags {
  readonly 'approve-all'?: boolean | undefined
  readonly memory?: string | undefined
  readonly resume?: string | undefined
}

function agentCommand(step: StepDefinition): Command {
  const { verifier, tools: _, ...settings } = settingsOf(step)
  const { task: __, ...asked } = inputsOf(step)
  const own = { ...flagsOf(asked), ...flagsOf(settings) }
  const { uses = [] } = step
  const shared = {
    ...(verifier && verifierArgs),
    ...(uses.includes('tools') && { ...toolArgs, ...askArgs }),
    ...(uses.includes('memory') && memoryArgs),
    ...(uses.includes('search') && searchArgs),
  }
  return defineCommand({
    args: { ...own, ...shared, ...runArgs, ...loadArgs } as typeof runArgs & typeof loadArgs,
    run: async ({ args, output, signal }) => {
      const flags: Readonly<Record<string, unknown>> = args
      const checks = flags['verifier'] === undefined ? {} : { verifier: await readVerifiers(String(flags['verifier'])) }
      // Bad settings and an empty task are told before a model is loaded.
      const config = await checkFlags(step.config, { ...(await readFlags(settings, flags)), ...checks })
      const task = await readTask(args.task)
      const input = await checkFlags(step.input, { task, ...(await readFlags(asked, flags)) })
      await runAgent(step, input, config, { args, output, signal })
    },
  })
}

async function runAgent(
  step: StepDefinition,
  input: unknown,
  config: unknown,
  { args, output, signal }: CommandContext<typeof runArgs & typeof loadArgs>,
): Promise<void> {
  const flags = args as OwnFlags
  const { uses = [] } = step
  const allowed = flags['approve-all'] === true ? { ...flags, 'allow-tools': '*' } : flags
  const budget = readBudget(args.budget)
  const seed = count('seed', args.seed) ?? 0
  const writer = { name: args.model ?? defaultModelName, remote: args.remote }
  const hasCritic = args.critic !== undefined || args['critic-remote'] !== undefined
  const judge = { name: args.critic ?? writer.name, remote: args['critic-remote'] }
  await using writing = await openModel(writer, args, output, signal)
  await using judging = hasCritic ? await openModel(judge, args, output, signal) : undefined
  await using lent = uses.includes('tools') ? await openTools(allowed, [calculateTool]) : undefined
  using memory = uses.includes('memory') ? openMemory(flags.memory) : undefined
  using search = flags.resume === undefined ? undefined : openSqliteSearch(flags.resume)
  await using trace = args.trace === undefined ? undefined : await openTrace(args.trace)

  const canAsk = process.stdin.isTTY && process.stderr.isTTY && !output.json
  const approve = canAsk ? approveCalls({ input: process.stdin, output: process.stderr }, signal) : undefined
  const models = { model: writing.model, critic: judging?.model }
  const context = { ...models, tools: lent?.tools, approve, memory, search, seed, signal, budget }
  const events = step.run(input, config, context)
  await follow(step.name, trace === undefined ? events : logRun(events, trace), output)
}

/** Shows a run as it happens and prints its best. */
async function follow(name: string, events: AsyncIterable<StepEvent<unknown>>, output: Output): Promise<void> {
  const view = (name === 'lats' ? treeRunView : runView)(output, process.stderr)
  let best: unknown
  let reason: string | undefined
  try {
    for await (const event of events) {
      if (output.json) output.print(event, '')
      else view.show(event)
      if (event.type === 'run-end') ({ best, reason } = event.result)
      else if (event.type === 'step-output') best = (event.output as { readonly text?: string }).text ?? best
    }
  } finally {
    // Also of a run that failed or was stopped: the best so far has been paid for.
    if (best !== undefined && !output.json) output.print(best, typeof best === 'string' ? best : JSON.stringify(best))
  }
  if (reason === 'cancelled') throw new OstroError('aborted', `agent ${name}: stopped; this was the best so far.`)
}

async function readTask(task: string | undefined): Promise<string> {
  const fromInput = task === '-' || (task === undefined && process.stdin.isTTY !== true)
  if (task === undefined && !fromInput) throw usage('expected a task, or - for standard input')
  const text = fromInput ? await readStandardInput() : (task ?? '')
  if (text.trim() === '') throw usage('the task is empty')
  return text.trim()
}

interface OpenModel extends AsyncDisposable {
  readonly model: LanguageModel
}

async function openModel(
  { name, remote }: { readonly name: string; readonly remote: string | undefined },
  args: LoadFlags,
  output: Output,
  signal: AbortSignal,
): Promise<OpenModel> {
  if (remote === undefined) {
    const model = await loadModel(name, args, output, signal)
    return { model, [Symbol.asyncDispose]: () => model.dispose() }
  }
  const contextTokens = count('context', args.context) ?? defaultRemoteContext
  const apiKey = process.env['OSTRO_REMOTE_KEY'] || undefined
  const model = remoteModel({ baseUrl: remote, model: name, contextTokens, apiKey })
  return { model, [Symbol.asyncDispose]: async () => {} }
}

/** Servers don't tell; --context does. */
const defaultRemoteContext = 8192

/** ostro do TASK [FILE...|-]: the text tasks, one command each, with flags made from the settings of its step. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ArgsDef } from 'citty'
import { defaultModelName } from '../../hub/index.ts'
import type { Model } from '../../index.ts'
import { taskSteps } from '../../tasks/steps/index.ts'
import type { StepContext, StepDefinition } from '../../tools/steps/step.ts'
import { OstroError } from '../../util/error.ts'
import { usage } from '../arguments.ts'
import { budgetArg, readBudget } from '../budget-flag.ts'
import { type Command, defineCommand } from '../command.ts'
import type { CommandEntry } from '../commands.ts'
import { lendEncoder, lentEncoderArgs } from '../encoder-options.ts'
import { count, loadArgs, loadModel, readStandardInput } from '../model-options.ts'
import type { Output } from '../output.ts'
import { checkFlags, flagsOf, inputsOf, readFlags, settingsOf } from '../step-flags.ts'
import { describeResult } from '../task-results.ts'

export const members: Readonly<Record<string, CommandEntry>> = Object.fromEntries(
  taskSteps.map((step) => [
    step.name,
    { summary: step.description, load: async () => ({ command: taskCommand(step) }) },
  ]),
)

const runArgs = {
  model: { type: 'string', description: 'Model that does it', default: defaultModelName },
  text: { type: 'string', description: 'The text itself, in place of a file' },
  ...budgetArg,
  seed: { type: 'string', description: 'Same seed, same input: same result' },
} as const satisfies ArgsDef

const translatorArg = {
  translator: { type: 'string', description: 'Encoder-decoder that translates, such as a folder of OPUS-MT or NLLB' },
} as const satisfies ArgsDef

/** What the parser makes of the flags that only some tasks have. */
interface LentFlags {
  readonly encoder?: string | undefined
  readonly words?: boolean | undefined
  readonly translator?: string | undefined
}

function taskCommand(step: StepDefinition): Command {
  const settings = settingsOf(step)
  const { text: _, texts: __, documents: ___, ...asked } = inputsOf(step)
  // `shapeTexts` makes them so.
  const lines = 'texts' in inputsOf(step) ? '; of a single file each line is a text' : ''
  const args = {
    file: { type: 'positional', required: false, description: `Files; - or none reads standard input${lines}` },
    ...runArgs,
    ...(step.uses?.includes('encoder') === true ? lentEncoderArgs : {}),
    ...(step.uses?.includes('translator') === true ? translatorArg : {}),
    ...loadArgs,
  } as const
  return defineCommand({
    args: { ...flagsOf(settings), ...flagsOf(asked), ...args },
    rest: true,
    run: async ({ args: given, output, signal }) => {
      const flags: Readonly<Record<string, unknown>> = given
      const { encoder, words, translator }: LentFlags = flags
      // Bad settings and an empty input are told before a model is loaded.
      const budget = readBudget(given.budget)
      const config = await checkFlags(step.config, await readFlags(settings, flags))
      const texts = await readTexts(given._, given.text)
      const input = await checkFlags(step.input, {
        ...shapeTexts(step, texts),
        ...(await readFlags(asked, flags)),
      })
      await using model = await loadModel(given.model, given, output, signal)
      await using lentEncoder =
        step.uses?.includes('encoder') === true
          ? await lendEncoder({ ...given, encoder, words }, output, signal)
          : undefined
      await using lentTranslator =
        translator === undefined ? undefined : await loadModel(translator, given, output, signal)
      const seed = count('seed', given.seed) ?? 0
      const context = {
        model,
        seed,
        signal,
        budget,
        ...lent(lentEncoder, lentTranslator),
      }
      const result = await follow(step, input, config, context, output)
      output.print(result, describeResult(step.name, result, texts.map(({ text }) => text).join('\n'), output))
    },
  })
}

function lent(encoder: Model | undefined, translator: Model | undefined): Pick<StepContext, 'encoder' | 'translator'> {
  return { encoder, translator }
}

interface NamedText {
  readonly id: string
  readonly text: string
}

/** @throws OstroError `not-found`, `invalid-argument`, `input-empty` */
async function readTexts(files: readonly string[], inline: string | undefined): Promise<NamedText[]> {
  if (inline !== undefined && files.length > 0) throw usage('expected files or --text, got both')
  const fromInput = files.length === 0 || files.includes('-')
  if (inline === undefined && files.length === 0 && process.stdin.isTTY === true) {
    throw usage('expected a file, --text, or - for standard input')
  }
  const texts =
    inline !== undefined
      ? [{ id: 'text', text: inline }]
      : fromInput
        ? [{ id: 'input', text: await readStandardInput() }]
        : await Promise.all(files.map(readNamed))
  if (texts.some(({ text }) => text.trim() !== '')) return texts
  throw new OstroError('input-empty', 'ostro: a text expected, got an empty one.')
}

async function readNamed(file: string): Promise<NamedText> {
  try {
    return { id: basename(file), text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file)) }
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    const problem = missing ? 'no such file' : 'a file of UTF-8 text expected'
    throw new OstroError(missing ? 'not-found' : 'invalid-argument', `${file}: ${problem}.`, { file }, { cause })
  }
}

/** Texts in the form in which the step takes them; of one file, its lines are the texts. */
function shapeTexts(step: StepDefinition, texts: readonly NamedText[]): Record<string, unknown> {
  const inputs = inputsOf(step)
  if ('documents' in inputs) return { documents: texts }
  if (!('texts' in inputs)) return { text: texts.map(({ text }) => text).join('\n\n') }
  const [first] = texts
  const lines = texts.length > 1 ? texts.map(({ text }) => text) : first.text.split('\n')
  return { texts: lines.filter((line) => line.trim() !== '') }
}

/** Runs a step; shows on a terminal how it comes on. */
async function follow(
  step: StepDefinition,
  input: unknown,
  config: unknown,
  context: StepContext,
  output: Output,
): Promise<unknown> {
  const live = !output.json && process.stderr.isTTY === true
  let open = false
  let result: unknown
  for await (const event of step.run(input, config, context)) {
    if (event.type === 'step-output') result = event.output
    else if (event.type === 'warning-add') output.note(event.warning.message)
    else if (live && event.type === 'text-delta') {
      process.stderr.write(output.dim(event.text))
      open = true
    } else if (live && (event.type === 'progress' || event.type === 'call-start')) {
      const what = event.type === 'progress' ? `${event.stage} ${event.done} of ${event.total}` : event.purpose
      process.stderr.write(`${open ? '\n' : ''}${output.dim(`[${what}] `)}`)
      open = true
    }
  }
  if (open) process.stderr.write('\n\n')
  return result
}

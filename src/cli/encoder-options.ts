/** What the commands share that load an encoder: flags, loading, and texts from standard input. */
import type { ArgsDef } from 'citty'
import { defaultEncoderName } from '../hub/index.ts'
import { load, type Model } from '../index.ts'
import { OstroError } from '../util/error.ts'
import { fetchModel, loadArgs, type LoadFlags, loadOptions, readStandardInput } from './model-options.ts'
import type { Output } from './output.ts'

export const encoderArgs = {
  threads: loadArgs.threads,
  context: { type: 'string', description: "Tokens of a text; default what the model's files say" },
  device: loadArgs.device,
  'accept-licence': loadArgs['accept-licence'],
} as const satisfies ArgsDef

/** Any model that makes vectors, downloaded first where needed. */
export async function loadEncoder(name: string, args: LoadFlags, output: Output, signal: AbortSignal): Promise<Model> {
  const { path } = await fetchModel(name, args, output, signal)
  const model = await load(path, { ...loadOptions(args), signal })
  for (const notice of model.info.notices) output.note(notice)
  return model
}

export const lentEncoderArgs = {
  encoder: { type: 'string', description: `Model that knows what is meant alike (Default: ${defaultEncoderName})` },
  words: { type: 'boolean', description: 'By words alone, without an encoder' },
} as const satisfies ArgsDef

interface LentEncoderFlags extends LoadFlags {
  readonly encoder?: string | undefined
  readonly words?: boolean | undefined
}

/**
 * The encoder that a task is lent. Where none is named and the default one can neither be found nor downloaded, the task goes by words,
 * and says so.
 */
export async function lendEncoder(
  args: LentEncoderFlags,
  output: Output,
  signal: AbortSignal,
): Promise<Model | undefined> {
  if (args.words === true) return undefined
  // Context and cache were asked for answers; an encoder reads texts of its own length.
  const own = { threads: args.threads, device: args.device, 'accept-licence': args['accept-licence'] }
  if (args.encoder !== undefined) return loadEncoder(args.encoder, own, output, signal)
  try {
    return await loadEncoder(defaultEncoderName, own, output, signal)
  } catch (error) {
    if (!(error instanceof OstroError) || !unreachable.includes(error.code)) throw error
    output.note(
      `${error.message}\nWithout ${defaultEncoderName} the task goes by words alone; --words does so at once.`,
    )
    return undefined
  }
}

const unreachable: readonly string[] = ['network', 'disk']

/** The lines of standard input that are not empty. */
export async function readLines(): Promise<string[]> {
  return (await readStandardInput()).split(/\r?\n/).filter((line) => line !== '')
}

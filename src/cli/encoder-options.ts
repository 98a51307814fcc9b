/** What the commands share that load an encoder: flags, loading, and texts from standard input. */
import type { ArgsDef } from 'citty'
import { load, type Model } from '../index.ts'
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

/** The lines of standard input that are not empty. */
export async function readLines(): Promise<string[]> {
  return (await readStandardInput()).split(/\r?\n/).filter((line) => line !== '')
}

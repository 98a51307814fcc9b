/** Flags of the commands that run a model, and what they become: a loaded model, options of an answer. */
import type { ArgsDef, ParsedArgs } from 'citty'
import { load, type LoadOptions, type Model } from '../index.ts'
import { defaultModelName, findInCatalogue, type LocalModel, pull } from '../hub/index.ts'
import { defaultSampling } from '../server/default-sampling.ts'
import { OstroError } from '../util/error.ts'
import type { GenerateOptions } from '../util/generation.ts'
import { usage } from './arguments.ts'
import type { Output, Progress } from './output.ts'
import { licenceAnswer, showPull } from './pull-progress.ts'

export const loadArgs = {
  threads: { type: 'string', description: 'Threads that compute; default: one per core, at most 8' },
  context: {
    type: 'string',
    description: 'Tokens that prompt and answer may have; default: of the model, at most 8192',
  },
  kv: { type: 'string', description: 'How keys and values are kept: f32, f16, q12 (default) or q8' },
  sequences: { type: 'string', description: 'Answers and kept conversations at once (Default: 16)' },
  device: { type: 'string', description: 'wasm (default) or reference' },
  'accept-licence': { type: 'boolean', description: "Accept the model's licence without being asked" },
} as const satisfies ArgsDef

export const answerArgs = {
  'max-tokens': { type: 'string', alias: 'n', description: 'Most tokens of an answer' },
  temperature: { type: 'string', alias: 't', description: '0 takes the most probable token' },
  'top-k': { type: 'string', description: 'Keep the k most probable tokens' },
  'top-p': { type: 'string', description: 'Keep the smallest set that reaches this probability' },
  'min-p': { type: 'string', description: 'Keep tokens of this share of the greatest probability' },
  'typical-p': { type: 'string', description: 'Locally typical sampling' },
  'repetition-penalty': { type: 'string', description: 'Above 1: repeat less' },
  'presence-penalty': { type: 'string', description: 'Subtracted once for each token seen' },
  'frequency-penalty': { type: 'string', description: 'Subtracted each time a token was seen' },
  seed: { type: 'string', description: 'Same seed, same prompt: same text' },
  stop: { type: 'string', description: 'Text that ends the answer' },
} as const satisfies ArgsDef

/** What the parser makes of `loadArgs`. */
export interface LoadFlags extends LicenceFlag {
  readonly threads?: string | undefined
  readonly context?: string | undefined
  readonly kv?: string | undefined
  readonly sequences?: string | undefined
  readonly device?: string | undefined
}

interface LicenceFlag {
  readonly 'accept-licence'?: boolean | undefined
}

/** Finds the model, downloading it first where needed; the licence is asked for on a terminal. */
export function fetchModel(name: string, args: LicenceFlag, output: Output, signal: AbortSignal): Promise<LocalModel> {
  return pull(name, {
    signal,
    acceptLicence: licenceAnswer(args['accept-licence'] === true, output),
    onProgress: showPull(name, output, { emitJson: false }),
  })
}

export async function loadModel(name: string, args: LoadFlags, output: Output, signal: AbortSignal): Promise<Model> {
  if (findInCatalogue(name)?.kind === 'encoder') {
    const message = `${name}: a sentence encoder, which writes no text. Use a model such as ${defaultModelName}.`
    throw new OstroError('unsupported', message, { name })
  }
  const { path } = await fetchModel(name, args, output, signal)
  let progress: Progress | undefined
  const options = loadOptions(args)
  try {
    const model = await load(path, {
      ...options,
      signal,
      onProgress: ({ stage, doneBytes, totalBytes }) => {
        // On a pipe the few seconds of loading are not worth a line.
        if (stage !== 'load' || process.stderr.isTTY !== true) return
        progress ??= output.progress(`Loading ${name}`)
        progress.update(doneBytes, totalBytes)
      },
    })
    for (const notice of model.info.notices) output.note(notice)
    return model
  } finally {
    progress?.end()
  }
}

/** @throws OstroError `invalid-argument` */
export function loadOptions(args: LoadFlags): Pick<LoadOptions, 'threads' | 'context' | 'kv' | 'sequences' | 'device'> {
  return {
    threads: count('threads', args.threads),
    context: count('context', args.context),
    kv: choice('kv', args.kv, ['f32', 'f16', 'q12', 'q8']),
    sequences: count('sequences', args.sequences),
    device: choice('device', args.device, ['wasm', 'reference']),
  }
}

export function answerOptions(args: ParsedArgs<typeof answerArgs>, signal: AbortSignal): GenerateOptions {
  return {
    temperature: number('temperature', args.temperature) ?? defaultSampling.temperature,
    topP: number('top-p', args['top-p']) ?? defaultSampling.topP,
    minP: number('min-p', args['min-p']) ?? defaultSampling.minP,
    topK: count('top-k', args['top-k']) ?? defaultSampling.topK,
    typicalP: number('typical-p', args['typical-p']),
    repetitionPenalty: number('repetition-penalty', args['repetition-penalty']),
    presencePenalty: number('presence-penalty', args['presence-penalty']),
    frequencyPenalty: number('frequency-penalty', args['frequency-penalty']),
    maxTokens: count('max-tokens', args['max-tokens']),
    seed: number('seed', args.seed),
    stop: args.stop === undefined ? undefined : [args.stop],
    signal,
  }
}

/** All of standard input as text. */
export async function readStandardInput(): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks).toString('utf8')
}

/** @throws OstroError `invalid-argument` */
function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw usage(`expected a number for --${name}, got ${text}`)
  return value
}

/** @throws OstroError `invalid-argument` */
export function count(name: string, text: string | undefined): number | undefined {
  const value = number(name, text)
  if (value === undefined || (Number.isInteger(value) && value >= 0)) return value
  throw usage(`expected a whole number for --${name}, got ${text}`)
}

function choice<const T extends string>(name: string, text: string | undefined, known: readonly T[]): T | undefined {
  if (text === undefined) return undefined
  const found = known.find((value) => value === text)
  if (found !== undefined) return found
  throw usage(`expected --${name} to be ${known.join(', ')}, got ${text}`)
}

/** Which models `ostro serve` answers with: those of this machine, or those of another server. */
import { stat } from 'node:fs/promises'
import { freemem, totalmem } from 'node:os'
import {
  defaultEncoderName,
  defaultModelName,
  findInCatalogue,
  type LocalModel,
  listModels,
  type ModelKind,
} from '../hub/index.ts'
import { load } from '../index.ts'
import { createModelPool, type PoolEntry } from '../server/model-pool.ts'
import type { ModelPool } from '../server/served-model.ts'
import { createUpstreamPool } from '../server/upstream-pool.ts'
import { count, fetchModel, type LoadFlags, loadOptions } from './model-options.ts'
import type { Output } from './output.ts'

interface LocalFlags extends LoadFlags {
  readonly model?: string | undefined
  readonly memory?: string | undefined
}

/** The model asked for, downloaded first where needed, and beside it whatever else is in the store. */
export async function localPool(
  args: LocalFlags,
  aliases: readonly string[],
  output: Output,
  signal: AbortSignal,
): Promise<ModelPool> {
  const options = loadOptions(args)
  const main = await fetchModel(args.model ?? defaultModelName, args, output, signal)
  return createModelPool({
    entries: () => poolEntries(main, aliases),
    load: async (id) => {
      const isEncoder = findInCatalogue(id)?.kind === 'encoder'
      // Context and cache were asked for answers; an encoder reads whole texts of its own length.
      const own = isEncoder ? { threads: options.threads, device: options.device } : options
      return load(id === main.name ? main.path : id, own)
    },
    defaultModel: main.name,
    defaultEncoder: defaultEncoderName,
    memoryBytes: memoryBytes(args.memory),
    log: output.note,
  })
}

interface UpstreamFlags {
  readonly model?: string | undefined
  readonly context?: string | undefined
  readonly 'upstream-tools'?: boolean | undefined
}

/** The other server's key comes from the environment, where a list of processes does not show it. */
export function upstreamPool(baseUrl: string, args: UpstreamFlags): ModelPool {
  return createUpstreamPool({
    baseUrl,
    apiKey: process.env['OSTRO_UPSTREAM_KEY'] || undefined,
    defaultModel: args.model,
    tools: args['upstream-tools'] === true ? 'upstream' : 'own',
    contextTokens: count('context', args.context),
  })
}

async function poolEntries(main: LocalModel, aliases: readonly string[]): Promise<PoolEntry[]> {
  const stored = await listModels()
  const others = stored.filter(({ name }) => name !== main.name)
  const models = [main, ...others].map(async (model) => ({
    id: model.name,
    aliases: model === main ? ['default', ...aliases] : [],
    sizeBytes: model.sizeBytes,
    created: Math.floor((await arrivalMs(model)) / 1000),
    licence: model.licence,
    format: model.format === 'unknown' ? undefined : model.format,
    sha256: model.files.length === 1 ? model.files[0].sha256 : undefined,
    kind: servedKind(model.kind),
  }))
  return Promise.all(models)
}

/** When it came to this machine; of a local path, when it was last written. */
async function arrivalMs({ pulledAt, path }: LocalModel): Promise<number> {
  return pulledAt === undefined ? (await stat(path)).mtimeMs : Date.parse(pulledAt)
}

/** Instruction models and those that reason are both for chats. */
function servedKind(kind: ModelKind | undefined): PoolEntry['kind'] {
  return kind === undefined || kind === 'base' || kind === 'encoder' ? kind : 'chat'
}

function memoryBytes(text: string | undefined): number {
  const mebibytes = count('memory', text)
  return mebibytes === undefined ? Math.max(totalmem() / 2, freemem()) : mebibytes * 2 ** 20
}

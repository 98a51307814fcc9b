/** pull: from a name or URI to verified files in the store. Sources are tried in order; nothing is visible before its hash is right. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { OstroError } from '../util/error.ts'
import { findInCatalogue } from './catalogue.ts'
import { licences, requireLicence } from './licence.ts'
import { acquireLock } from './lock.ts'
import type { PullContext, PullOptions, Source, Wanted } from './pull-context.ts'
import { fetchFiles } from './pull-files.ts'
import { TransferError } from './remote-file.ts'
import { throwIfAborted } from './request.ts'
import { mirrorsOf, resolveMirror } from './sources/mirror.ts'
import { resolveUri } from './sources/registry.ts'
import { folderOf, homeOf, type LocalModel, resolveModel } from './store.ts'
import { isRemoteUri, parseUri } from './uri.ts'

/**
 * Brings a model onto this machine, or finds it there.
 *
 * @param nameOrUri catalogue name (`smollm2:135m`), model URI (see uri.ts), or a local path, which is only checked
 * @throws OstroError `not-found` for an unknown name or where every source says so, `licence`, `network` naming every source that failed,
 *   `integrity`, `disk`, `aborted`
 * @example
 * const model = await pull('smollm2:135m', { onProgress: (event) => console.log(event.type) })
 */
export async function pull(nameOrUri: string, options: PullOptions = {}): Promise<LocalModel> {
  const env = options.env ?? process.env
  const context: PullContext = { ...options, env, home: homeOf(options), emit: options.onProgress ?? (() => undefined) }
  const wanted = identify(nameOrUri)
  const present = await resolveModel(nameOrUri, context)
  if (present) return finish(present, true, context)
  if (!wanted) {
    throw new OstroError(
      'not-found',
      `pull: expected a name of the catalogue, a URI or an existing path, got ${JSON.stringify(nameOrUri)}. "ostro ls --all" lists the names.`,
      { name: nameOrUri },
    )
  }
  await mkdir(context.home, { recursive: true }).catch((error: unknown) => {
    throw diskError(error, context.home) ?? error
  })
  if (wanted.entry) await requireLicence(context.home, licences[wanted.entry.licence], options.acceptLicence)
  const lock = await acquireLock(join(context.home, 'partial', `${wanted.folder}.lock`), {
    signal: options.signal,
    onWait: (pid) => context.emit({ type: 'lock-wait', pid }),
  })
  try {
    // The process that held the lock may have pulled the very same model.
    const pulled = await resolveModel(nameOrUri, context)
    if (pulled) return finish(pulled, true, context)
    await trySources(wanted, context)
  } catch (error) {
    throw diskError(error, context.home) ?? error
  } finally {
    await lock.release()
  }
  const model = await resolveModel(nameOrUri, context)
  if (!model)
    throw new OstroError('disk', `pull: ${wanted.name} vanished after its download. Pull it again.`, {
      name: wanted.name,
    })
  return finish(model, false, context)
}

/** Full, read-only or forbidden: what the user can do something about. */
function diskError(error: unknown, home: string): OstroError | undefined {
  const code = (error as NodeJS.ErrnoException).code
  if (code === undefined || !['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENOTDIR'].includes(code))
    return undefined
  const message = `pull: writing to ${home} failed with ${code}. Free some space, or set OSTRO_HOME to a folder that can be written.`
  return new OstroError('disk', message, { home, code }, { cause: error })
}

function finish(model: LocalModel, cached: boolean, context: PullContext): LocalModel {
  context.emit({ type: 'pull-end', name: model.name, path: model.path, cached })
  return model
}

function identify(nameOrUri: string): Wanted | undefined {
  const entry = findInCatalogue(nameOrUri)
  if (entry) return { name: entry.name, folder: folderOf(entry.name), entry, sources: entry.sources }
  if (!isRemoteUri(nameOrUri)) return undefined
  parseUri(nameOrUri)
  return { name: nameOrUri, folder: folderOf(nameOrUri), entry: undefined, sources: [nameOrUri] }
}

async function trySources(wanted: Wanted, context: PullContext): Promise<void> {
  const mirrors = mirrorsOf(context.env).map((mirror): Source => {
    return { name: `${mirror} (OSTRO_MIRROR)`, resolve: (inner) => resolveMirror(mirror, wanted.folder, inner) }
  })
  const origins = wanted.sources.map((uri): Source => ({
    name: uri,
    resolve: (inner) => resolveUri(parseUri(uri), inner),
  }))
  const sources = [...mirrors, ...origins]
  const failures: { source: string; error: Error }[] = []
  for (const [index, source] of sources.entries()) {
    context.emit({ type: 'source-try', source: source.name })
    try {
      return await pullFrom(source, wanted, index < sources.length - 1, context)
    } catch (error) {
      throwIfAborted(context.signal)
      const final =
        error instanceof OstroError && ['aborted', 'disk', 'licence', 'invalid-argument'].includes(error.code)
      if (final || !(error instanceof OstroError || error instanceof TransferError)) throw error
      failures.push({ source: source.name, error })
      context.emit({ type: 'source-fail', source: source.name, reason: error.message })
    }
  }
  throw allFailed(wanted, failures)
}

function allFailed(wanted: Wanted, failures: readonly { source: string; error: Error }[]): OstroError {
  const only = failures.length === 1 ? failures[0]?.error : undefined
  if (only instanceof OstroError) return only
  const missing = failures.every(({ error }) => {
    return error instanceof OstroError
      ? error.code === 'not-found'
      : error instanceof TransferError && error.status === 404
  })
  const damaged = failures.some(({ error }) => error instanceof OstroError && error.code === 'integrity')
  const list = failures.map(({ source, error }) => `\n  ${source}: ${error.message}`).join('')
  const advice = missing
    ? 'Check the name.'
    : "Check the network; HF_ENDPOINT, OSTRO_MIRROR and pip's configuration name mirrors; what was downloaded is kept."
  const code = missing ? 'not-found' : damaged ? 'integrity' : 'network'
  return new OstroError(
    code,
    `pull: expected ${wanted.name} from one of ${failures.length} sources, all failed:${list}\n${advice}`,
    {
      name: wanted.name,
      sources: failures.map(({ source, error }) => ({ source, reason: error.message })),
    },
  )
}

/** One source; what changed under our hands, or was damaged before a resume, is fetched once more from the start. */
async function pullFrom(source: Source, wanted: Wanted, hurry: boolean, context: PullContext): Promise<void> {
  const partial = join(context.home, 'partial', wanted.folder)
  for (let attempt = 1; ; attempt++) {
    const files = await source.resolve({ env: context.env, signal: context.signal, hurry: hurry && attempt === 1 })
    const tally = { resumedBytes: 0 }
    try {
      return await fetchFiles(files, source, wanted, partial, tally, context)
    } catch (error) {
      const changed = error instanceof TransferError && error.fault === 'changed'
      const damaged = error instanceof OstroError && error.code === 'integrity' && error.fields['pinned'] === undefined
      if (!changed && !damaged) throw error
      await rm(partial, { recursive: true, force: true })
      if (attempt >= 3 || (damaged && tally.resumedBytes === 0)) throw error
      context.emit({ type: 'download-restart', source: source.name, reason: error.message })
    }
  }
}

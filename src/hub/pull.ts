/** pull: from a name or URI to verified files in the store. Sources are tried in order; nothing is visible before its hash is right. */
import { mkdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { OstroError } from '../util/error.ts'
import { assemble } from './assemble.ts'
import { findInCatalogue, type CatalogueEntry } from './catalogue.ts'
import { discardRaw, downloadRaw } from './download.ts'
import { type LicenceAnswer, licences, requireLicence } from './licence.ts'
import { acquireLock } from './lock.ts'
import { type Manifest, type ManifestFile, parseManifest } from './manifest.ts'
import { type RemoteFile, TransferError } from './remote-file.ts'
import { throwIfAborted } from './request.ts'
import { mirrorsOf, resolveMirror } from './sources/mirror.ts'
import { resolveUri } from './sources/registry.ts'
import type { SourceContext } from './sources/source.ts'
import { folderOf, homeOf, type LocalModel, publish, resolveModel, type StoreOptions } from './store.ts'
import { isRemoteUri, parseUri, shardPaths } from './uri.ts'

export type PullEvent =
  | { readonly type: 'lock-wait'; readonly pid: number | undefined }
  | { readonly type: 'source-try'; readonly source: string }
  | { readonly type: 'source-fail'; readonly source: string; readonly reason: string }
  /** The file changed, or its hash was wrong after a resumed download: it starts over. */
  | { readonly type: 'download-restart'; readonly source: string; readonly reason: string }
  /** Once per source; `resumedBytes` were there from an earlier try. */
  | {
      readonly type: 'download-start'
      readonly name: string
      readonly totalBytes: number | undefined
      readonly resumedBytes: number
    }
  | { readonly type: 'download-progress'; readonly receivedBytes: number; readonly totalBytes: number | undefined }
  | {
      readonly type: 'verify-progress'
      readonly file: string
      readonly checkedBytes: number
      readonly sizeBytes: number | undefined
    }
  | { readonly type: 'pull-end'; readonly name: string; readonly path: string; readonly cached: boolean }

export interface PullOptions extends StoreOptions {
  readonly onProgress?: ((event: PullEvent) => void) | undefined
  readonly signal?: AbortSignal | undefined
  /** Needed once for models whose licence asks for it. */
  readonly acceptLicence?: LicenceAnswer | undefined
  /** Ranges open at once, 1 to 8. Default 6. */
  readonly connections?: number | undefined
  /** Take the file even if its hash differs from the one of the first pull. Default false. */
  readonly acceptChange?: boolean | undefined
}

/** What is wanted, however it was named. */
interface Wanted {
  readonly name: string
  readonly folder: string
  readonly entry: CatalogueEntry | undefined
  readonly sources: readonly string[]
}

interface PullContext extends PullOptions {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  readonly emit: (event: PullEvent) => void
}

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

interface Source {
  readonly name: string
  readonly resolve: (context: SourceContext) => Promise<RemoteFile[]>
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

async function fetchFiles(
  files: readonly RemoteFile[],
  source: Source,
  wanted: Wanted,
  partial: string,
  tally: { resumedBytes: number },
  context: PullContext,
): Promise<void> {
  const ready = join(partial, 'ready')
  await mkdir(ready, { recursive: true })
  const pins = await readPins(context.home)
  const main = mainFile(files, wanted)
  const expected = files.map((file) => expectation(file, source, wanted, pins, context))
  const done = await readDone(partial)
  const isDone = (index: number): boolean => {
    const file = files[index]
    const hash = expected[index]?.sha256
    return hash !== undefined && done.get(file.path) === hash
  }
  await checkDisk(
    files.filter((_, index) => !isDone(index)),
    partial,
  )

  const progress = progressOf(files, wanted, tally, context)
  const finished: ManifestFile[] = []
  for (const [index, file] of files.entries()) {
    const known = isDone(index) ? await stat(join(ready, file.path)).catch(() => undefined) : undefined
    const hash = expected[index]?.sha256
    if (known && hash !== undefined) {
      progress.resume(encodedLength(file) ?? 0)
      finished.push({ path: file.path, sizeBytes: known.size, sha256: hash })
      continue
    }
    const rawPath = join(partial, `${file.path.replaceAll('/', '__')}.raw`)
    const raw = await downloadRaw(file, rawPath, {
      connections: context.connections,
      signal: context.signal,
      onResume: progress.resume,
      onBytes: progress.add,
    })
    let checkedBytes = 0
    const checked = await assemble(file, raw, join(ready, file.path), {
      sha256: hash,
      sizeBytes: expected[index]?.sizeBytes,
      signal: context.signal,
      onBytes: (bytes) => {
        checkedBytes += bytes
        context.emit({ type: 'verify-progress', file: file.path, checkedBytes, sizeBytes: file.sizeBytes })
      },
    })
    await writeFile(join(partial, 'done.json'), JSON.stringify([...done.set(checked.path, checked.sha256)]))
    await discardRaw(rawPath)
    finished.push(checked)
  }
  const manifest: Manifest = {
    version: 1,
    name: wanted.name,
    kind: wanted.entry?.kind,
    licence: wanted.entry?.licence,
    source: source.name,
    pulledAt: new Date().toISOString(),
    main,
    files: finished,
  }
  const text = JSON.stringify(manifest, undefined, 2)
  parseManifest(text, 'pull')
  await writeFile(join(ready, 'manifest.json'), text)
  await writePins(context.home, pins, wanted, finished)
  await publish(ready, wanted.folder, context.home)
  await rm(partial, { recursive: true, force: true })
}

/** Sums the bytes of all files and reports them at most every 50 ms. */
function progressOf(
  files: readonly RemoteFile[],
  wanted: Wanted,
  tally: { resumedBytes: number },
  context: PullContext,
) {
  const lengths = files.map(encodedLength)
  const totalBytes = lengths.includes(undefined)
    ? undefined
    : lengths.reduce<number>((sum, length) => sum + (length ?? 0), 0)
  let receivedBytes = 0
  let reportedAt = -Infinity
  let started = false
  const report = (): void => {
    if (!started)
      context.emit({ type: 'download-start', name: wanted.name, totalBytes, resumedBytes: tally.resumedBytes })
    started = true
    reportedAt = performance.now()
    context.emit({ type: 'download-progress', receivedBytes, totalBytes })
  }
  return {
    resume: (bytes: number): void => {
      tally.resumedBytes += bytes
      receivedBytes += bytes
    },
    add: (bytes: number): void => {
      receivedBytes += bytes
      if (performance.now() - reportedAt >= 50 || receivedBytes === totalBytes) report()
    },
  }
}

function encodedLength(file: RemoteFile): number | undefined {
  const lengths = file.parts.map((part) => part.lengthBytes)
  return lengths.includes(undefined) ? undefined : lengths.reduce<number>((sum, length) => sum + (length ?? 0), 0)
}

/** The file to load: the catalogue's weights, else the first shard, else the only weights. */
function mainFile(files: readonly RemoteFile[], wanted: Wanted): string {
  const weights = wanted.entry?.weights?.path
  const main =
    files.find((file) => file.path === weights) ??
    files.find((file) => shardPaths(file.path).length > 1) ??
    files.find((file) => /\.(gguf|safetensors)$/i.test(file.path)) ??
    files[0]
  if (!main || (weights !== undefined && main.path !== weights && files.length > 1)) {
    throw new OstroError('not-found', `pull: expected ${weights ?? 'a file'} among the files of the source.`, {
      name: wanted.name,
    })
  }
  return main.path
}

/** The hash a file must have: the catalogue's, else the one of the first pull, else what the source declares. */
function expectation(file: RemoteFile, source: Source, wanted: Wanted, pins: Pins, context: PullContext) {
  const weights = wanted.entry?.weights
  if (weights && file.path === weights.path) {
    if (file.sizeBytes !== undefined && file.sizeBytes !== weights.sizeBytes) {
      throw new OstroError(
        'integrity',
        `pull: expected ${file.path} to have ${weights.sizeBytes} bytes, ${source.name} has ${file.sizeBytes}. It serves another file.`,
        { path: file.path, pinned: weights.sha256 },
      )
    }
    return { sha256: weights.sha256, sizeBytes: weights.sizeBytes }
  }
  const pinned = pins[wanted.name]?.[file.path]
  if (pinned !== undefined && file.sha256 !== undefined && pinned !== file.sha256 && context.acceptChange !== true) {
    throw new OstroError(
      'integrity',
      `pull: expected ${file.path} to be the file of the first pull (sha256 ${pinned}), ${source.name} now declares ${file.sha256}. ` +
        'If the change is wanted, pull with --accept-change.',
      { path: file.path, pinned, declared: file.sha256 },
    )
  }
  const sha256 = context.acceptChange === true ? file.sha256 : (pinned ?? file.sha256)
  return { sha256, sizeBytes: file.sizeBytes }
}

/** Raw and assembled file are on disk together where a member has to be inflated. */
async function checkDisk(files: readonly RemoteFile[], partial: string): Promise<void> {
  let neededBytes = 0
  let largestRaw = 0
  for (const file of files) {
    const raw = encodedLength(file) ?? 0
    const plain = file.parts.every((part) => part.encoding === 'stored')
    const kept = await stat(join(partial, `${file.path.replaceAll('/', '__')}.raw`)).catch(() => undefined)
    // A partial file is sparse: only the blocks that it has take space.
    const present = kept ? Math.min(kept.blocks * 512, raw) : 0
    neededBytes += (plain ? raw : (file.sizeBytes ?? raw)) - (plain ? present : 0)
    if (!plain) largestRaw = Math.max(largestRaw, raw - present)
  }
  neededBytes += largestRaw
  const disk = await statfs(partial)
  const freeBytes = disk.bavail * disk.bsize
  if (neededBytes + (16 << 20) > freeBytes) {
    throw new OstroError(
      'disk',
      `pull: expected ${neededBytes} bytes of free disk for ${dirname(partial)}, got ${freeBytes}. Free some space or set OSTRO_HOME to another disk.`,
      { neededBytes, freeBytes },
    )
  }
}

/** Verified files of an interrupted pull, path to hash. */
async function readDone(partial: string): Promise<Map<string, string>> {
  const text = await readFile(join(partial, 'done.json'), 'utf8').catch(() => '[]')
  try {
    return new Map(JSON.parse(text) as [string, string][])
  } catch (error) {
    // Cut in the middle of a write: those files are fetched again.
    if (error instanceof SyntaxError) return new Map()
    throw error
  }
}

/** Hashes of the first pull, by model and path; they outlive the model's removal. */
type Pins = Record<string, Record<string, string>>

async function readPins(home: string): Promise<Pins> {
  const text = await readFile(join(home, 'pins.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw error
  })
  return JSON.parse(text) as Pins
}

async function writePins(home: string, pins: Pins, wanted: Wanted, files: readonly ManifestFile[]): Promise<void> {
  const own = Object.fromEntries(files.map((file) => [file.path, file.sha256]))
  const temporary = join(home, `pins.json.${process.pid}.tmp`)
  await writeFile(temporary, JSON.stringify({ ...pins, [wanted.name]: own }, undefined, 2))
  await rename(temporary, join(home, 'pins.json'))
}

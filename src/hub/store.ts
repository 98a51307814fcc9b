/**
 * The models on this machine: `OSTRO_HOME`, else the platform's cache folder.
 *
 *     models/<folder>/manifest.json + files    complete, verified
 *     partial/<folder>/                        downloads under way, their journals and locks
 */
import type { EnvironmentVariables } from '../util/platform-types.ts'
import { createHash } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { OstroError } from '../util/error.ts'
import { findInCatalogue, type ModelKind } from './catalogue.ts'
import { acquireLock } from './lock.ts'
import { type Manifest, type ManifestFile, parseManifest } from './manifest.ts'
import { isRemoteUri, parseUri } from './uri.ts'

export interface StoreOptions {
  /** Folder of models; default OSTRO_HOME or the platform's cache folder. */
  readonly home?: string | undefined
  /** Default process.env. */
  readonly env?: EnvironmentVariables | undefined
}

export interface LocalModel {
  /** Catalogue name, URI, or the file's name. */
  readonly name: string
  /** What to load: the GGUF file (the first of its shards), or the folder of a safetensors model. */
  readonly path: string
  readonly format: 'gguf' | 'safetensors' | 'unknown'
  /** Undefined where nobody said: the file's metadata then tells. */
  readonly kind: ModelKind | undefined
  readonly licence: string | undefined
  /** Folder of the files, absolute. */
  readonly directory: string
  readonly files: readonly ManifestFile[]
  readonly sizeBytes: number
  readonly source: string | undefined
  /** ISO 8601; undefined for a local path. */
  readonly pulledAt: string | undefined
}

export function homeOf(options: StoreOptions = {}): string {
  const env = options.env ?? process.env
  if (options.home !== undefined) return resolve(options.home)
  if (env['OSTRO_HOME']) return resolve(env['OSTRO_HOME'])
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'ostro')
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'ostro')
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ostro')
}

/** The model's folder name: readable, legal on every file system, and unique by a piece of hash where characters were replaced. */
export function folderOf(name: string): string {
  const entry = findInCatalogue(name)
  if (entry) return entry.name.replaceAll(':', '-')
  const readable = name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(-80)
  return `${readable}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
}

/**
 * The model of a name, a URI or a path, if it is on this machine; never downloads.
 * @returns undefined where it is not there
 */
export async function resolveModel(
  nameOrUriOrPath: string,
  options: StoreOptions = {},
): Promise<LocalModel | undefined> {
  if (findInCatalogue(nameOrUriOrPath) || isRemoteUri(nameOrUriOrPath))
    return readModel(folderOf(nameOrUriOrPath), options)
  const uri = parseUri(nameOrUriOrPath)
  return uri.scheme === 'local' ? localModel(resolve(uri.path)) : undefined
}

/** All complete models, by name. */
export async function listModels(options: StoreOptions = {}): Promise<LocalModel[]> {
  const root = join(homeOf(options), 'models')
  const folders = await readdir(root).catch(absent)
  const kept = (folders ?? []).filter((folder) => !folder.includes('.deleted-'))
  const models = await Promise.all(kept.map((folder) => readModel(folder, options)))
  return models.filter((model) => model !== undefined).toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * Deletes a pulled model and what is left of its download; a file that the user gave by path is never touched.
 * @returns the bytes that were freed
 * @throws OstroError `not-found`, `invalid-argument` for a path
 */
export async function removeModel(name: string, options: StoreOptions = {}): Promise<{ readonly freedBytes: number }> {
  const home = homeOf(options)
  // A known name is removed even where its manifest, or another model's, cannot be read.
  const known = findInCatalogue(name) !== undefined || isRemoteUri(name)
  const listed = known ? undefined : (await listModels(options)).find((model) => model.name === name)
  if (!known && !listed) {
    throw new OstroError(
      'not-found',
      `rm: no model ${JSON.stringify(name)} in ${home}. "ostro ls" shows what is there.`,
      {
        name,
      },
    )
  }
  const folder = listed ? basename(listed.directory) : folderOf(name)
  const lock = await acquireLock(join(home, 'partial', `${folder}.lock`))
  try {
    const target = join(home, 'models', folder)
    const partial = join(home, 'partial', folder)
    const freedBytes = (await sizeOf(target)) + (await sizeOf(partial))
    const gone = await Promise.all([removeFolder(target), removeFolder(partial)])
    if (!gone.includes(true)) {
      throw new OstroError(
        'not-found',
        `rm: the model ${name} is not on this machine. "ostro ls" shows what is there.`,
        { name },
      )
    }
    return { freedBytes }
  } finally {
    await lock.release()
  }
}

/** Moves a finished folder into its place; an older one of the same model goes away. */
export async function publish(ready: string, folder: string, home: string): Promise<void> {
  const target = join(home, 'models', folder)
  await mkdir(join(home, 'models'), { recursive: true })
  await removeFolder(target)
  await rename(ready, target)
}

async function readModel(folder: string, options: StoreOptions): Promise<LocalModel | undefined> {
  const directory = join(homeOf(options), 'models', folder)
  const where = join(directory, 'manifest.json')
  const text = await readFile(where, 'utf8').catch(absent)
  if (text === undefined) return undefined
  const manifest = parseManifest(text, where)
  // A file deleted or cut behind our back: the model counts as absent and the next pull repairs it.
  for (const file of manifest.files) {
    const info = await stat(join(directory, file.path)).catch(absent)
    if (info?.size !== file.sizeBytes) return undefined
  }
  return describe(manifest, directory)
}

function describe(manifest: Manifest, directory: string): LocalModel {
  const format = formatOf(manifest.main)
  return {
    name: manifest.name,
    path: format === 'safetensors' ? directory : join(directory, manifest.main),
    format,
    kind: manifest.kind,
    licence: manifest.licence,
    directory,
    files: manifest.files,
    sizeBytes: manifest.files.reduce((total, file) => total + file.sizeBytes, 0),
    source: manifest.source,
    pulledAt: manifest.pulledAt,
  }
}

async function localModel(path: string): Promise<LocalModel | undefined> {
  const info = await stat(path).catch(absent)
  if (!info) return undefined
  const isFolder = info.isDirectory()
  return {
    name: basename(path),
    path,
    format: isFolder ? 'safetensors' : formatOf(path),
    kind: undefined,
    licence: undefined,
    directory: isFolder ? path : resolve(path, '..'),
    files: [],
    sizeBytes: isFolder ? await sizeOf(path) : info.size,
    source: undefined,
    pulledAt: undefined,
  }
}

function formatOf(path: string): LocalModel['format'] {
  if (/\.gguf$/i.test(path)) return 'gguf'
  return /\.safetensors$/i.test(path) ? 'safetensors' : 'unknown'
}

/** Renames first, so that the model disappears at once, then deletes; a link is unlinked and never followed. */
async function removeFolder(path: string): Promise<boolean> {
  const info = await lstat(path).catch(absent)
  if (!info) return false
  if (!info.isDirectory()) {
    await unlink(path)
    return true
  }
  const trash = `${path}.deleted-${process.pid}`
  await rename(path, trash)
  await rm(trash, { recursive: true, force: true })
  return true
}

async function sizeOf(path: string): Promise<number> {
  const info = await lstat(path).catch(absent)
  if (!info) return 0
  if (!info.isDirectory()) return info.isFile() ? info.size : 0
  const sizes = await Promise.all((await readdir(path)).map((name) => sizeOf(join(path, name))))
  return sizes.reduce((total, size) => total + size, 0)
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}

/** The files of one source onto the disk: expectations, room, download, verification, then all at once into the store. */
import type { Stats } from 'node:fs'
import { mkdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { OstroError } from '../util/error.ts'
import { assemble } from './assemble.ts'
import { discardRaw, downloadRaw } from './download.ts'
import { type Manifest, type ManifestFile, parseManifest } from './manifest.ts'
import { type Pins, readPins, writePins } from './pins.ts'
import type { PullContext, Source, Wanted } from './pull-context.ts'
import type { RemoteFile } from './remote-file.ts'
import { publish } from './store.ts'
import { shardPaths } from './uri.ts'

/**
 * Downloads, verifies and publishes; what is there from an earlier try is used.
 * @param tally learns how much that was
 * @throws TransferError, OstroError `integrity`, `disk`, `not-found`, `aborted`
 */
export async function fetchFiles(
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
    const known = isDone(index) ? await statIfThere(join(ready, file.path)) : undefined
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
    const checked = await assemble(file, raw, join(ready, file.path), {
      sha256: hash,
      sizeBytes: expected[index]?.sizeBytes,
      signal: context.signal,
      onBytes: verification(file, context),
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
  await writePins(context.home, pins, wanted.name, finished)
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

function verification(file: RemoteFile, context: PullContext): (bytes: number) => void {
  let checkedBytes = 0
  let reportedAt = -Infinity
  return (bytes) => {
    checkedBytes += bytes
    if (performance.now() - reportedAt < 50 && checkedBytes !== file.sizeBytes) return
    reportedAt = performance.now()
    context.emit({ type: 'verify-progress', file: file.path, checkedBytes, sizeBytes: file.sizeBytes })
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
    const kept = await statIfThere(join(partial, `${file.path.replaceAll('/', '__')}.raw`))
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

/** Undefined where there is no such file; a disk that cannot be read is no missing file. */
async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

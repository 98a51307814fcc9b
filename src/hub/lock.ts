/** A lock between processes: a file with the owner's pid whose time is renewed while it lives. A dead owner's lock is taken over. */
import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { pause } from './request.ts'

export interface Lock {
  readonly release: () => Promise<void>
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once when another process holds the lock. */
  readonly onWait?: (pid: number | undefined) => void
}

const beatMs = 2000
/** Without a sign of life for so long, the owner is gone, whatever its pid says (another machine, a pid used again). */
const staleMs = 30_000

/** Waits for the lock. @throws OstroError `aborted` */
export async function acquireLock(path: string, options: LockOptions = {}): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true })
  const content = JSON.stringify({ pid: process.pid, host: hostname(), token: randomUUID() })
  let waited = false
  while (!(await create(path, content))) {
    const owner = await readOwner(path)
    if (owner === undefined) continue
    if (!owner.alive) {
      await takeAway(path, owner.content)
      continue
    }
    if (!waited) options.onWait?.(owner.pid)
    waited = true
    await pause(150, options.signal)
  }
  const beat = setInterval(() => {
    const now = new Date()
    // The next beat tries again; a lock lost for good costs a second download, not a wrong file.
    utimes(path, now, now).catch(() => undefined)
  }, beatMs)
  beat.unref()
  return {
    release: async () => {
      clearInterval(beat)
      if ((await readOwner(path))?.content === content) await rm(path, { force: true })
    },
  }
}

/** Creates the file with its content in one step, so that nobody reads an empty lock; in two where the disk has no hard links. */
async function create(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, content)
  try {
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(error.code ?? '')) throw error
      return writeFile(path, content, { flag: 'wx' })
    })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** Moves a dead owner's lock aside; if a new owner slipped in between, puts it back. */
async function takeAway(path: string, content: string): Promise<void> {
  const aside = `${path}.stale.${randomUUID()}`
  try {
    await rename(path, aside)
    if ((await readFile(aside, 'utf8')) !== content) await link(aside, path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error
  } finally {
    await rm(aside, { force: true })
  }
}

async function readOwner(
  path: string,
): Promise<{ pid: number | undefined; alive: boolean; content: string } | undefined> {
  try {
    const [content, info] = await Promise.all([readFile(path, 'utf8'), stat(path)])
    const quiet = Date.now() - info.mtimeMs > staleMs
    // An owner that has not written its name yet, or died doing so: only time tells.
    if (!content.endsWith('}')) return { pid: undefined, alive: !quiet, content }
    const owner = JSON.parse(content) as { pid?: number; host?: string }
    const gone = owner.host === hostname() && !isRunning(owner.pid)
    return { pid: owner.pid, alive: !quiet && !gone, content }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function isRunning(pid: number | undefined): boolean {
  if (pid === undefined) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The file of API keys: hashes only, readable by its owner only, read again when it changes. */
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { acquireLock } from '../hub/lock.ts'
import { OstroError } from '../util/error.ts'
import type { KeyRecord } from './api-keys.ts'

const fileSchema = z.strictObject({
  version: z.literal(1),
  keys: z.array(
    z.strictObject({ id: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/), createdAt: z.iso.datetime() }),
  ),
})

/** Reads the keys; the file's time and size tell whether it has to be read at all. */
export function createKeyReader(path: string): () => Promise<readonly KeyRecord[]> {
  let seen: string | undefined
  let records: readonly KeyRecord[] = []
  return async () => {
    const info = await stat(path, { bigint: true }).catch(absent)
    const state = info === undefined ? 'absent' : `${info.mtimeNs} ${info.size} ${info.ino}`
    if (state !== seen) records = await readKeys(path)
    seen = state
    return records
  }
}

/** @throws OstroError `invalid-file` */
export async function readKeys(path: string): Promise<readonly KeyRecord[]> {
  const text = await readFile(path, 'utf8').catch(absent)
  if (text === undefined) return []
  try {
    return fileSchema.parse(JSON.parse(text)).keys
  } catch (error) {
    throw new OstroError(
      'invalid-file',
      `keys: ${path} is damaged. Restore it, or delete it and add the keys anew.`,
      { path },
      { cause: error },
    )
  }
}

/** Changes the keys; two processes that do so at once wait for each other. */
export async function changeKeys(
  path: string,
  change: (records: readonly KeyRecord[]) => readonly KeyRecord[] | Promise<readonly KeyRecord[]>,
): Promise<void> {
  const lock = await acquireLock(`${path}.lock`)
  try {
    const keys = await change(await readKeys(path))
    await mkdir(dirname(path), { recursive: true })
    const draft = `${path}.${process.pid}.draft`
    const file = await open(draft, 'w', 0o600)
    try {
      await file.writeFile(`${JSON.stringify({ version: 1, keys }, undefined, 2)}\n`)
      // A crash after the rename must not leave an empty file.
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } finally {
    await lock.release()
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}

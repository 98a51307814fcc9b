/** Hashes of first pulls: a hub that later declares another hash for the same name has to be noticed. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ManifestFile } from './manifest.ts'

/** Hashes of the first pull, by model and path; they outlive the model's removal. */
export type Pins = Record<string, Record<string, string>>

export async function readPins(home: string): Promise<Pins> {
  const text = await readFile(join(home, 'pins.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw error
  })
  return JSON.parse(text) as Pins
}

export async function writePins(home: string, pins: Pins, name: string, files: readonly ManifestFile[]): Promise<void> {
  const own = Object.fromEntries(files.map((file) => [file.path, file.sha256]))
  const temporary = join(home, `pins.json.${process.pid}.tmp`)
  await writeFile(temporary, JSON.stringify({ ...pins, [name]: own }, undefined, 2))
  await rename(temporary, join(home, 'pins.json'))
}

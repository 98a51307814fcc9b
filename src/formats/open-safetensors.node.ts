/** Opens safetensors on disk: one file, an index with its shards, or the folder that holds either. */
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileSource } from './file-source.node.ts'
import {
  readSafetensors,
  readShardedSafetensors,
  type ReadSafetensorsOptions,
  type SafetensorsFile,
} from './safetensors.ts'

/**
 * Opens `path`: a `.safetensors` file, a `.index.json`, or a folder with `model.safetensors` or `model.safetensors.index.json`.
 * @throws OstroError 'not-found' where a file is missing, and what `readSafetensors` throws
 */
export async function openSafetensors(path: string, options: ReadSafetensorsOptions = {}): Promise<SafetensorsFile> {
  const file = (await isFolder(path)) ? await fileOfFolder(path) : path
  const source = await fileSource(file)
  if (file.endsWith('.json')) {
    return readShardedSafetensors(source, { ...options, open: (fileName) => fileSource(join(dirname(file), fileName)) })
  }
  try {
    return await readSafetensors(source, options)
  } catch (error) {
    await source.close()
    throw error
  }
}

async function fileOfFolder(folder: string): Promise<string> {
  const index = join(folder, 'model.safetensors.index.json')
  const found = await stat(index).then(
    (entry) => entry.isFile(),
    () => false,
  )
  // A missing single file is reported by name when it is opened.
  return found ? index : join(folder, 'model.safetensors')
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  )
}

/** Opens a GGUF file on disk, with all its parts if it is split. */
import { OstroError } from '../../util/error.ts'
import { fileSource } from '../file-source.node.ts'
import type { ByteSource } from '../source.ts'
import type { GgufFile } from './gguf-file.ts'
import { readGguf, type ReadGgufOptions } from './read-gguf.ts'

const partName = /-(\d{5})-of-(\d{5})\.gguf$/

/**
 * Opens `path`; where it is one part of a split file (`name-00001-of-00003.gguf`, any of them), opens all parts.
 * @throws OstroError 'not-found' where a file is missing, and what `readGguf` throws
 */
export async function openGguf(path: string, options: ReadGgufOptions = {}): Promise<GgufFile> {
  const sources: ByteSource[] = []
  try {
    for (const part of partPaths(path)) sources.push(await fileSource(part))
    return await readGguf(sources, options)
  } catch (error) {
    for (const source of sources) await source.close()
    throw error
  }
}

function partPaths(path: string): string[] {
  const found = partName.exec(path)
  if (found === null) return [path]
  const count = Number(found[2])
  if (count < 1)
    throw new OstroError('invalid-argument', `${path}: part 1 or more expected in the name, got "of 00000".`, { path })
  const stem = path.slice(0, found.index)
  return Array.from(
    { length: count },
    (_, index) => `${stem}-${String(index + 1).padStart(5, '0')}-of-${found[2]}.gguf`,
  )
}

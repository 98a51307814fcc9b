/** Sources in a page: the URL of a GGUF file, a Blob, a File. */
import { blobSource, httpSource, readGguf } from '../formats/index.ts'
import type { OpenSourceContext } from './handlers.ts'
import { type ModelFile, modelFileOfGguf } from './model-file.ts'
import type { SendableSource } from './protocol.ts'

export async function openSource(source: SendableSource, { signal }: OpenSourceContext): Promise<ModelFile> {
  if (typeof source === 'string') return openAddress(source, signal)
  const name = source instanceof File ? source.name : 'blob'
  return modelFileOfGguf(await readGguf(blobSource(source, name), { signal }), name)
}

async function openAddress(address: string, signal: AbortSignal): Promise<ModelFile> {
  const name = new URL(address).pathname.split('/').at(-1) ?? address
  return modelFileOfGguf(await readGguf(await httpSource(address, { signal }), { signal }), name)
}

/** What the models of the golden set run on and are read from: a device, or a kind of file, is one line here. */
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { startHelperThread } from '../../src/devices/wasm/helper-thread.node.ts'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import type { OpenedModel } from '../../src/models/index.ts'
import type { Device } from '../../src/tensor/index.ts'
import { openGoldenGguf, openGoldenSafetensors } from './support.ts'

export const devices: readonly { readonly name: string; readonly create: () => Device }[] = [
  { name: 'reference', create: createReferenceDevice },
  { name: 'wasm, 1 thread', create: () => createWasmDevice() },
  { name: 'wasm, 2 threads', create: () => createWasmDevice({ threads: 2, startHelperThread }) },
]

export const sources: readonly {
  readonly name: string
  readonly file: string
  readonly open: (folder: string, context: number) => Promise<OpenedModel>
}[] = [
  { name: 'GGUF', file: 'model.gguf', open: openGoldenGguf },
  {
    name: 'safetensors',
    file: 'config.json',
    open: (folder, context) => openGoldenSafetensors(folder, 'config.json', context),
  },
  {
    name: 'safetensors, legacy config',
    file: 'config-legacy.json',
    open: (folder, context) => openGoldenSafetensors(folder, 'config-legacy.json', context),
  },
]

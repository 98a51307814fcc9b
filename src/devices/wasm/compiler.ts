/** How a module's bytes become code. Engines have one way; an adapter may know a faster one. */
import type { WasmModule } from '../../util/platform-types.ts'

export interface Compiler {
  readonly name: string
  readonly compile: (bytes: Uint8Array<ArrayBuffer>) => Promise<WasmModule>
}

export const engineDefault: Compiler = { name: 'default', compile: (bytes) => WebAssembly.compile(bytes) }

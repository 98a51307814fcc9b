/** How a module's bytes become code. Engines have one way; an adapter may know a faster one. */
export interface Compiler {
  readonly name: string
  readonly compile: (bytes: Uint8Array<ArrayBuffer>) => Promise<WebAssembly.Module>
}

export const engineDefault: Compiler = { name: 'default', compile: (bytes) => WebAssembly.compile(bytes) }

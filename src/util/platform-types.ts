/** Types of the platform by what is there of them: programs that are typed without a page's library read these declarations, too. */

/** `WebAssembly.Memory`. */
export type WasmMemory = typeof globalThis extends { WebAssembly: { Memory: { prototype: infer Memory } } }
  ? Memory
  : object

/** `WebAssembly.Module`. */
export type WasmModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } }
  ? Module
  : object

/** Variables of an environment, as `process.env` has them. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>

/** The WebAssembly device: kernels emitted by TypeScript, run by all threads on one memory. */
export { createWasmDevice } from './device.ts'
export type { WasmDevice, WasmDeviceOptions } from './device.ts'
export type { StepTime, WasmProgram } from './program.ts'
export type { HelperThread } from './worker-protocol.ts'
export type { Compiler } from './compiler.ts'
export type { SelfTest, Variant } from './self-test.ts'
export type { Arithmetic } from './asm/expression.ts'

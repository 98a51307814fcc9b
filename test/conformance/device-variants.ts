/** The devices under test: one row each. All rows of one `family` compute the same instructions and must agree bit by bit. */
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import type { WasmDeviceOptions } from '../../src/devices/wasm/index.ts'
import { engineDefault } from '../../src/devices/wasm/compiler.ts'
import { startHelperThread } from '../../src/devices/wasm/helper-thread.node.ts'
import { v8Compiler } from '../../src/devices/wasm/v8-compiler.node.ts'
import type { Device } from '../../src/tensor/index.ts'

export interface DeviceVariant {
  readonly name: string
  readonly family: string
  readonly create: () => Device
}

const wasm = (name: string, family: string, options: WasmDeviceOptions): DeviceVariant => ({
  name: `wasm, ${name}`,
  family,
  create: () => createWasmDevice({ ...options, startHelperThread }),
})

const relaxed = { variant: { arithmetic: 'relaxed-i16', compiler: engineDefault } } as const

export const deviceVariants: readonly DeviceVariant[] = [
  wasm('1 thread', 'relaxed', { ...relaxed, threads: 1 }),
  wasm('2 threads', 'relaxed', { ...relaxed, threads: 2 }),
  wasm('4 threads', 'relaxed', { ...relaxed, threads: 4 }),
  wasm('relaxed-i32', 'relaxed', { variant: { arithmetic: 'relaxed-i32', compiler: engineDefault } }),
  ...revectorised(),
  wasm('plain', 'plain', { variant: { arithmetic: 'plain', compiler: engineDefault } }),
  wasm('plain, 2 threads', 'plain', { variant: { arithmetic: 'plain', compiler: engineDefault }, threads: 2 }),
]

/** Two 128-bit operations made one of 256 bits by V8, where this V8 can. */
function revectorised(): DeviceVariant[] {
  const compiler = v8Compiler()
  return compiler === undefined
    ? []
    : [wasm('re-vectorised', 'relaxed', { variant: { arithmetic: 'relaxed-i16', compiler }, threads: 2 })]
}

/**
 * V8 with its re-vectoriser, which packs pairs of 128-bit operations into 256-bit ones (AVX2), and with optimised code from the first
 * call. The flags are process-wide, so they are set for the compilation of our module only. Whether the result is right and faster, the
 * self-test decides. To be deleted when V8 has the re-vectoriser on by default.
 */
import v8 from 'node:v8'
import type { Compiler } from './compiler.ts'

const on = ['--experimental-wasm-revectorize', '--no-liftoff', '--no-wasm-tier-up', '--no-wasm-lazy-compilation']
const off = ['--no-experimental-wasm-revectorize', '--liftoff', '--wasm-tier-up', '--wasm-lazy-compilation']

/** The V8 of Node 24 (13.6) and later; older ones lack the flag or compile our tiles badly. Undefined on other engines. */
export function v8Compiler(): Compiler | undefined {
  const [major = 0, minor = 0] = (process.versions.v8 ?? '').split('.').map(Number)
  if (process.versions.bun !== undefined || major < 13 || (major === 13 && minor < 6)) return undefined
  return {
    name: 'v8-revectorize',
    compile: async (bytes) => {
      for (const flag of on) v8.setFlagsFromString(flag)
      try {
        return new WebAssembly.Module(bytes)
      } finally {
        for (const flag of off) v8.setFlagsFromString(flag)
      }
    },
  }
}

/**
 * Chooses how kernels compute on this engine by computing, not by feature flags: each variant runs two matmuls whose exact result is
 * known, with the largest codes and activations that occur, and the fastest variant that is right wins. (Engines have shipped relaxed
 * dot products that were wrong in one tier; validation alone would not notice.)
 */
import { OstroError } from '../../util/error.ts'
import type { Arithmetic } from './asm/expression.ts'
import { ModuleBuilder } from './asm/module.ts'
import { engineDefault } from './compiler.ts'
import type { Compiler } from './compiler.ts'
import { kernelFor } from './kernels/index.ts'
import { matmulFields } from './kernels/matmul-loop.ts'
import { activationBlockBytes } from './kernels/quantize.ts'
import { panelBytes, panelFormats } from './panel.ts'
import type { PanelFormat } from './panel.ts'
import { unpackRow } from './unpack.ts'

export interface Variant {
  readonly arithmetic: Arithmetic
  readonly compiler: Compiler
}

export interface SelfTest {
  readonly chosen: Variant
  /** One line for each variant: its time, or why it was refused. */
  readonly report: readonly string[]
}

const arithmetics: readonly Arithmetic[] = ['relaxed-i16', 'relaxed-i32', 'plain']

const known = new Map<string, Promise<SelfTest>>()

/**
 * Tests every variant once per process and set of compilers; takes some tens of milliseconds.
 *
 * @throws OstroError `device` when no variant computes rightly
 */
export function selfTest(
  compilers: readonly Compiler[] = [],
  now: () => number = () => performance.now(),
): Promise<SelfTest> {
  const all = [...compilers, engineDefault]
  const key = all.map(({ name }) => name).join()
  let test = known.get(key)
  if (test === undefined) {
    test = testAll(all, now)
    known.set(key, test)
  }
  return test
}

async function testAll(compilers: readonly Compiler[], now: () => number): Promise<SelfTest> {
  const report: string[] = []
  let chosen: Variant | undefined
  let best = Infinity
  for (const compiler of compilers) {
    for (const arithmetic of arithmetics) {
      // Plain arithmetic is for engines without the relaxed one; where that is right it is never slower.
      if (arithmetic === 'plain' && chosen !== undefined) continue
      const name = `${arithmetic} (${compiler.name})`
      try {
        const timeMs = await testVariant({ arithmetic, compiler }, now)
        report.push(`${name}: ${timeMs.toFixed(3)} ms`)
        if (timeMs < best) {
          best = timeMs
          chosen = { arithmetic, compiler }
        }
      } catch (error) {
        report.push(`${name}: refused, ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  if (chosen === undefined) {
    throw new OstroError('device', `wasm device: no kernel variant passes its self-test here.\n${report.join('\n')}`)
  }
  return { chosen, report }
}

const at = {
  step: 0,
  counters: 256,
  scratch: 512,
  tokens: 4096,
  activations: 8192,
  weights: 65536,
  output: 524288,
} as const
const memoryPages = 16
const tokens = 5
const k = 512
const rows = 64

async function testVariant({ arithmetic, compiler }: Variant, now: () => number): Promise<number> {
  const memory = new WebAssembly.Memory({ initial: memoryPages, maximum: memoryPages })
  const types = ['q4_0', 'q6_k'] as const
  const module = new ModuleBuilder({
    memory64: false,
    shared: false,
    arithmetic,
    label: `self-test ${compiler.name}`,
    minimumPages: 1,
    maximumPages: memoryPages,
  })
  for (const type of types) kernelFor(`matmul:${type}`).emit(module)
  const { exports } = await WebAssembly.instantiate(await compiler.compile(module.assemble()), { env: { memory } })
  let timeMs = 0
  for (const type of types) {
    const kernel = exports[`matmul:${type}`] as (step: number, thread: number, threads: number) => void
    const format = panelFormats[type] as PanelFormat
    for (const extreme of [true, false]) {
      fill(memory, format, extreme)
      run(memory, kernel)
      check(memory, format, type)
    }
    timeMs += fastest(() => run(memory, kernel), now)
  }
  return timeMs
}

function run(memory: WebAssembly.Memory, kernel: (step: number, thread: number, threads: number) => void): void {
  const view = new DataView(memory.buffer)
  const fields: Record<keyof typeof matmulFields, number> = {
    activations: at.activations,
    weights: at.weights,
    output: at.output,
    bias: 0,
    addend: 0,
    tokens: at.tokens,
    n: rows,
    k,
    panelsPerChunk: 2,
    tokensPerChunk: 64,
    scratch: at.scratch,
  }
  for (const [name, value] of Object.entries(fields)) {
    view.setBigUint64(at.step + matmulFields[name as keyof typeof fields], BigInt(value), true)
  }
  view.setBigUint64(at.step, BigInt(at.counters), true)
  view.setInt32(at.counters, 0, true)
  view.setInt32(at.tokens, tokens, true)
  kernel(at.step, 0, 1)
}

/** Scales of 1, codes and activations either the largest there are or of all values. */
function fill(memory: WebAssembly.Memory, format: PanelFormat, extreme: boolean): void {
  const bytes = new Uint8Array(memory.buffer)
  const view = new DataView(memory.buffer)
  const size = (rows / 16) * panelBytes(format, k)
  for (let i = 0; i < size; i++) bytes[at.weights + i] = extreme ? 0xff : (i * 167 + (i >> 5)) & 0xff
  const unit = format.kind === 'integer' && format.scale.kind.startsWith('super') ? 256 : 32
  for (let start = 0; start < size; start += panelBytes(format, unit)) {
    for (let row = 0; row < 16; row++) view.setUint16(at.weights + start + row * 2, 0x3c00, true)
  }
  for (let block = 0; block < (tokens * k) / 32; block++) {
    const to = at.activations + block * activationBlockBytes.integer
    const sums = [0, 0]
    for (let i = 0; i < 32; i++) {
      const code = extreme ? (block % 3 === 1 ? -127 : 127) : ((block * 31 + i * 53) % 255) - 127
      view.setInt8(to + 16 + i, code)
      sums[i >> 4] = (sums[i >> 4] as number) + code
    }
    const [low = 0, high = 0] = sums
    ;[1, low, high, low + high].forEach((value, index) => view.setFloat32(to + index * 4, value, true))
  }
}

function check(memory: WebAssembly.Memory, format: PanelFormat, type: string): void {
  const view = new DataView(memory.buffer)
  const weights = new Float32Array(k)
  for (let row = 0; row < rows; row++) {
    unpackRow(format, view, at.weights, row, weights)
    for (let token = 0; token < tokens; token++) {
      let sum = 0
      let magnitude = 0
      for (let i = 0; i < k; i++) {
        const block = (token * k + i) >> 5
        const code = view.getInt8(at.activations + block * activationBlockBytes.integer + 16 + (i & 31))
        sum += (weights[i] as number) * code
        magnitude += Math.abs((weights[i] as number) * code)
      }
      const got = view.getFloat32(at.output + (token * rows + row) * 4, true)
      if (!(Math.abs(got - sum) <= 1e-5 * magnitude + 1e-3)) {
        throw new OstroError('device', `${type} row ${row}, token ${token}: expected ${sum}, got ${got}`)
      }
    }
  }
}

/** Least time of a few rounds; short, since it is part of every start. */
function fastest(work: () => void, now: () => number): number {
  let best = Infinity
  for (let round = 0; round < 5; round++) {
    const start = now()
    for (let i = 0; i < 8; i++) work()
    best = Math.min(best, (now() - start) / 8)
  }
  return best
}

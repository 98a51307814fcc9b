/**
 * Chooses how kernels compute on this engine by computing, not by feature flags: each variant runs two matmuls whose exact result is
 * known, with the largest codes and activations that occur, and the fastest variant that is right wins. (Engines have shipped relaxed
 * dot products that were wrong in one tier; validation alone would not notice.)
 */
import { OstroError } from '../../util/error.ts'
import type { BlockTypeName } from '../../quant/block-type.ts'
import type { Arithmetic } from './asm/expression.ts'
import { ModuleBuilder } from './asm/module.ts'
import { engineDefault } from './compiler.ts'
import type { Compiler } from './compiler.ts'
import { kernelFor } from './kernels/index.ts'
import { manyTokens, matmulFields } from './kernels/matmul-loop.ts'
import { activationBlockBytes, activationSums } from './kernels/quantize.ts'
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

const relaxedArithmetics: readonly Arithmetic[] = ['relaxed-i16', 'relaxed-i32']

const known = new Map<string, Promise<SelfTest>>()

/**
 * Tests variants once per process and set of compilers; takes some tens of milliseconds, in browsers more, beside the reading of weights.
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
  const outcomes: (Contestant | Refusal)[] = []
  const tests = types.map((type) => ({ type, problems: [makeProblem(type, true), makeProblem(type, false)] }))
  for (const group of groupVariants(compilers)) {
    if (outcomes.some(isRight)) break
    for (const variant of group) {
      const name = `${variant.arithmetic} (${variant.compiler.name})`
      try {
        outcomes.push({ name, ...(await testVariant(variant, tests)) })
      } catch (error) {
        outcomes.push({ name, refused: error instanceof Error ? error.message : String(error) })
      }
    }
  }
  const contestants = outcomes.filter(isRight)
  if (contestants.length > 1 && contestants.some(({ variant }) => variant.compiler === engineDefault)) {
    await waitForOptimisedCode(contestants)
  }
  const times = timeInTurn(contestants, now)
  const report = outcomes.map((outcome) => {
    if ('refused' in outcome) return `${outcome.name}: refused, ${outcome.refused}`
    return `${outcome.name}: ${(times.get(outcome) as number).toFixed(4)} ms`
  })
  const [first, ...others] = contestants
  if (first === undefined) {
    throw new OstroError('device', `wasm device: no kernel variant passes its self-test here.\n${report.join('\n')}`)
  }
  const timeOf = (contestant: Contestant) => times.get(contestant) as number
  const fastest = others.reduce((best, other) => (timeOf(other) < timeOf(best) ? other : best), first)
  return { chosen: fastest.variant, report }
}

/**
 * Variants that compete, each group for where none before it is right: plain arithmetic is never faster than a relaxed one, and what an
 * engine does by itself is the same code, optimised later.
 */
const groupVariants = (compilers: readonly Compiler[]): readonly (readonly Variant[])[] => [
  ...compilers.map((compiler) => relaxedArithmetics.map((arithmetic) => ({ arithmetic, compiler }))),
  ...compilers.map((compiler) => [{ arithmetic: 'plain' as const, compiler }]),
]

interface Refusal {
  readonly name: string
  readonly refused: string
}

const isRight = (outcome: Contestant | Refusal): outcome is Contestant => 'kernels' in outcome

/** A variant whose results are right. */
interface Contestant {
  readonly name: string
  readonly variant: Variant
  readonly kernels: readonly (() => void)[]
}

const at = {
  step: 0,
  counters: 256,
  tokens: 512,
  activations: 1024,
  weights: 65536,
  output: 131072,
  scratch: 262144,
} as const
const memoryPages = 8
const types: readonly BlockTypeName[] = ['q4_0', 'q6_k']
/** Tiles of an unpacked panel, and a single token of a packed one. */
const tokens = manyTokens + 5
const k = 512
const rows = 32
const rounds = 12
const callsPerRound = 4
const callsBeforeOptimising = 40
const optimisingMs = 50

type MatmulKernel = (step: number, thread: number, threads: number) => void

/** @throws OstroError `device` where a result is wrong, and whatever the engine throws that can't compile the kernels */
async function testVariant(variant: Variant, tests: readonly Test[]): Promise<Omit<Contestant, 'name'>> {
  const { arithmetic, compiler } = variant
  const memory = new WebAssembly.Memory({ initial: memoryPages, maximum: memoryPages })
  const module = new ModuleBuilder({
    memory64: false,
    shared: false,
    arithmetic,
    label: `self-test ${compiler.name}`,
    minimumPages: 1,
    maximumPages: memoryPages,
  })
  for (const { type } of tests) kernelFor(`matmul:${type}`).emit(module)
  const { exports } = await WebAssembly.instantiate(await compiler.compile(module.assemble()), { env: { memory } })
  writeStep(memory)
  const counter = new Int32Array(memory.buffer, at.counters, 1)
  const kernels = tests.map(({ type, problems }) => {
    const kernel = exports[`matmul:${type}`] as MatmulKernel
    const run = () => {
      counter[0] = 0
      kernel(at.step, 0, 1)
    }
    for (const problem of problems) {
      new Uint8Array(memory.buffer).set(problem.operands, at.activations)
      run()
      check(memory, problem, type)
    }
    return run
  })
  return { variant, kernels }
}

function writeStep(memory: WebAssembly.Memory): void {
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
    panelsPerChunk: 1,
    tokensPerChunk: 64,
    scratch: at.scratch,
    scratchBytes: 0,
  }
  for (const [name, value] of Object.entries(fields)) {
    view.setBigUint64(at.step + matmulFields[name as keyof typeof fields], BigInt(value), true)
  }
  view.setBigUint64(at.step, BigInt(at.counters), true)
  view.setInt32(at.tokens, tokens, true)
}

interface Test {
  readonly type: BlockTypeName
  readonly problems: readonly Problem[]
}

interface Problem {
  /** Activations and weights, as they lie in memory from `at.activations` on. */
  readonly operands: Uint8Array
  /** Exact sums [tokens][rows], and how far a result may be off. */
  readonly sums: Float64Array
  readonly tolerances: Float64Array
}

/** Scales of 1, codes and activations either the largest there are or of all values. */
function makeProblem(type: BlockTypeName, extreme: boolean): Problem {
  const format = panelFormats[type] as PanelFormat
  const operands = new Uint8Array(at.output - at.activations)
  const view = new DataView(operands.buffer)
  const weights = at.weights - at.activations
  const size = (rows / 16) * panelBytes(format, k)
  for (let i = 0; i < size; i++) operands[weights + i] = extreme ? 0xff : (i * 167 + (i >> 5)) & 0xff
  const unit = format.kind === 'integer' && format.scale.kind.startsWith('super') ? 256 : 32
  for (let start = 0; start < size; start += panelBytes(format, unit)) {
    for (let row = 0; row < 16; row++) view.setUint16(weights + start + row * 2, 0x3c00, true)
  }
  const codes = new Int8Array(tokens * k)
  for (let block = 0; block < (tokens * k) / 32; block++) {
    for (let i = 0; i < 32; i++) {
      codes[block * 32 + i] = extreme ? (block % 3 === 1 ? -127 : 127) : ((block * 31 + i * 53) % 255) - 127
    }
    const own = codes.subarray(block * 32, block * 32 + 32)
    const to = block * activationBlockBytes.integer
    const pairs = [0, 0, 0, 0]
    own.forEach((code, index) => (pairs[(index >> 4) * 2 + ((index >> 1) & 1)] += code))
    view.setFloat32(to, 1, true)
    pairs.forEach((sum, index) => view.setInt16(to + activationSums.pairs + index * 2, sum, true))
    view.setFloat32(
      to + activationSums.whole,
      own.reduce((sum, code) => sum + code, 0),
      true,
    )
    new Int8Array(operands.buffer).set(own, to + 16)
  }
  const row = new Float32Array(k)
  const sums = new Float64Array(tokens * rows)
  const tolerances = new Float64Array(tokens * rows)
  for (let n = 0; n < rows; n++) {
    unpackRow(format, view, weights, n, row)
    for (let token = 0; token < tokens; token++) {
      let sum = 0
      let magnitude = 0
      for (let i = 0; i < k; i++) {
        const product = (row[i] as number) * (codes[token * k + i] as number)
        sum += product
        magnitude += Math.abs(product)
      }
      sums[token * rows + n] = sum
      tolerances[token * rows + n] = 1e-5 * magnitude + 1e-3
    }
  }
  return { operands, sums, tolerances }
}

/** @throws OstroError `device` */
function check(memory: WebAssembly.Memory, { sums, tolerances }: Problem, type: BlockTypeName): void {
  new Float32Array(memory.buffer, at.output, tokens * rows).forEach((got, index) => {
    const sum = sums[index] as number
    if (Math.abs(got - sum) <= (tolerances[index] as number)) return
    const place = `${type} row ${index % rows}, token ${Math.floor(index / rows)}`
    throw new OstroError('device', `${place}: expected ${sum}, got ${got}`)
  })
}

/**
 * Engines begin with code that is compiled quickly, in which all variants are about equally slow, and replace what runs for long in the
 * background. The weights are read meanwhile.
 */
async function waitForOptimisedCode(contestants: readonly Contestant[]): Promise<void> {
  for (const kernel of contestants.flatMap(({ kernels }) => kernels)) {
    for (let call = 0; call < callsBeforeOptimising; call++) kernel()
  }
  await new Promise((resolve) => setTimeout(resolve, optimisingMs))
}

/**
 * Least milliseconds of one call of each kernel, summed. Contestants take turns, or the later ones would find a faster clock and warmer
 * code around their calls. A few milliseconds in all, since it is part of every start.
 */
function timeInTurn(contestants: readonly Contestant[], now: () => number): ReadonlyMap<Contestant, number> {
  const best = contestants.map(({ kernels }) => kernels.map(() => Infinity))
  for (let round = 0; round < rounds; round++) {
    contestants.forEach(({ kernels }, index) => {
      const times = best[index] as number[]
      kernels.forEach((kernel, which) => {
        const start = now()
        for (let call = 0; call < callsPerRound; call++) kernel()
        times[which] = Math.min(times[which] as number, (now() - start) / callsPerRound)
      })
    })
  }
  return new Map(
    contestants.map((contestant, index) => [contestant, (best[index] as number[]).reduce((a, b) => a + b)]),
  )
}

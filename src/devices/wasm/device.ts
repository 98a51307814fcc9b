/** The WebAssembly device: compiles a graph to a step table, packs the weights, and keeps helper threads that run it. */
import { OstroError } from '../../util/error.ts'
import type { Device, LoadOptions, WeightSource } from '../../tensor/device.ts'
import type { Graph } from '../../tensor/graph.ts'
import { ModuleBuilder } from './asm/module.ts'
import type { ModuleOptions } from './asm/module.ts'
import { bindSteps } from './bind.ts'
import type { Compiler } from './compiler.ts'
import { control, emitExecutor } from './control.ts'
import { kernelFor } from './kernels/index.ts'
import { expandedWeights, layOut } from './layout.ts'
import type { MemoryLayout } from './layout.ts'
import { loadWeights, packHere, readFloats } from './load-weights.ts'
import type { Packer } from './load-weights.ts'
import { lowerGraph } from './lower.ts'
import type { Lowered } from './lower.ts'
import { createProgram } from './program.ts'
import type { WasmProgram } from './program.ts'
import { selfTest } from './self-test.ts'
import type { SelfTest, Variant } from './self-test.ts'
import type { FromHelper, HelperThread } from './worker-protocol.ts'

export interface WasmDeviceOptions {
  /** Threads that compute, this one included. Default 1. More need SharedArrayBuffer. */
  readonly threads?: number
  /** Starts one helper thread; needed when `threads` > 1. */
  readonly startHelperThread?: () => HelperThread
  /** Compilers to try besides the engine's own. */
  readonly compilers?: readonly Compiler[]
  /** Uses this variant without testing; for tests of the variants. */
  readonly variant?: Variant
  /** Addresses of 64 bits also where the model fits into 4 GiB; for tests. Default: only where it does not. */
  readonly memory64?: boolean
  /** Tokens of a chunk of the state-space dual: a power of two from 4 to 64. Default 16, the fastest that was measured. */
  readonly chunkTokens?: number
}

export interface WasmDevice extends Device {
  readonly threads: number
  /** What the self-test chose; runs it when no model was loaded yet. */
  selfTest(): Promise<SelfTest>
  load(graph: Graph, weights: ReadonlyMap<string, WeightSource>, options: LoadOptions): Promise<WasmProgram>
}

const pageBytes = 65536
const maximumPages32 = 65536
/** What JavaScript engines allow for a 64-bit memory today: 16 GiB. */
const maximumPages64 = 262144

/** @throws OstroError `invalid-argument` for a thread count below 1 or without a way to start threads */
export function createWasmDevice({
  threads = 1,
  startHelperThread,
  compilers = [],
  variant,
  memory64: wide = false,
  chunkTokens = 16,
}: WasmDeviceOptions = {}): WasmDevice {
  if (![4, 8, 16, 32, 64].includes(chunkTokens)) {
    throw new OstroError('invalid-argument', `createWasmDevice: expected chunks of 4 to 64 tokens, got ${chunkTokens}.`)
  }
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new OstroError('invalid-argument', `createWasmDevice: expected 1 to 256 threads, got ${threads}.`)
  }
  if (threads > 1 && startHelperThread === undefined) {
    throw new OstroError('invalid-argument', `createWasmDevice: ${threads} threads need startHelperThread.`)
  }
  const running: {
    readonly helpers: readonly HelperThread[]
    readonly words: Int32Array
    readonly fail: (error: OstroError) => void
  }[] = []
  const testVariants = async (): Promise<SelfTest> =>
    variant === undefined ? selfTest(compilers) : { chosen: variant, report: [] }
  return {
    name: 'wasm',
    threads,
    selfTest: testVariants,
    async load(graph, weights, options) {
      const { type: cacheType, pages } = options.cache
      const lowered = lowerGraph(graph, { cacheType, pages, chunkTokens })
      const layout = layOut(graph, lowered, weights, options, threads)
      const { memory, memory64 } = allocate(layout.sizeBytes, wide)
      const words = new Int32Array(memory.buffer, 0, control.bytes / 4)
      let failure: OstroError | undefined
      const fail = (error: OstroError) => {
        failure ??= error
        Atomics.store(words, control.failed / 4, 1)
      }
      const helpers = Array.from({ length: threads - 1 }, () =>
        startHelper(startHelperThread as () => HelperThread, memory, fail),
      )
      running.push({ helpers: helpers.map(({ thread }) => thread), words, fail })
      // The self-test and the compiler have work for this thread alone; meanwhile the others pack.
      // A thread that is not up yet may need this one's event loop for that, which a run would block: so all must be ready.
      const [{ module, kernelIndex, moduleOptions }] = await Promise.all([
        testVariants().then(({ chosen }) => assemble(lowered, memory64, chosen)),
        loadWeights(layout, memory, [...helpers.map(({ pack }) => pack), packHere(memory)], options),
        ...helpers.map(({ ready }) => ready),
      ])
      const instance = await WebAssembly.instantiate(module, { env: { memory } })
      bindSteps(new DataView(memory.buffer), lowered, layout, { kernelIndex, threads, options })
      helpers.forEach(({ thread }, index) => {
        thread.post({ type: 'work', module, memory, thread: index + 1, threads, memory64 })
        thread.release()
      })

      const run = instance.exports.run as (base: number | bigint, thread: number, threads: number) => void
      return createProgram({
        memory,
        lowered,
        layout,
        options,
        threads,
        hostVectors: await readHostVectors(lowered, weights),
        execute: (count) => run(memory64 ? 0n : 0, 0, count),
        failure: () => failure,
        notices: describeExpanded(layout),
        moduleOptions,
      })
    },
    async [Symbol.asyncDispose]() {
      for (const { helpers, words, fail } of running.splice(0)) {
        // Or a later run would wait for threads that are gone.
        fail(new OstroError('disposed', 'Program.run: the device was disposed of before. Load the model again.'))
        Atomics.store(words, control.quit / 4, 1)
        Atomics.add(words, control.runNumber / 4, 1)
        if (helpers.length > 0) Atomics.notify(words, control.runNumber / 4)
        for (const helper of helpers) helper.terminate()
      }
    },
  }
}

function allocate(sizeBytes: number, wide: boolean): { memory: WebAssembly.Memory; memory64: boolean } {
  const pages = Math.ceil(sizeBytes / pageBytes) + 1
  const memory64 = wide || pages > maximumPages32
  const shared = typeof SharedArrayBuffer !== 'undefined'
  if (pages > maximumPages64) {
    const gibibytes = (sizeBytes / 2 ** 30).toFixed(1)
    throw new OstroError(
      'out-of-memory',
      `wasm device: expected at most 16 GiB, the model needs ${gibibytes} GiB. Use a smaller one or a shorter context.`,
      { sizeBytes },
    )
  }
  try {
    const descriptor = memory64
      ? { initial: BigInt(pages), maximum: BigInt(pages), shared, address: 'i64' }
      : { initial: pages, maximum: pages, shared }
    return { memory: new WebAssembly.Memory(descriptor as WebAssembly.MemoryDescriptor), memory64 }
  } catch (cause) {
    throw new OstroError(
      'out-of-memory',
      `wasm device: could not allocate ${sizeBytes} bytes. Use a smaller model or a shorter context.`,
      { sizeBytes },
      { cause },
    )
  }
}

async function assemble(lowered: Lowered, memory64: boolean, { arithmetic, compiler }: Variant) {
  const moduleOptions: ModuleOptions = {
    memory64,
    shared: typeof SharedArrayBuffer !== 'undefined',
    arithmetic,
    label: compiler.name,
    minimumPages: 1,
    maximumPages: memory64 ? maximumPages64 : maximumPages32,
  }
  const builder = new ModuleBuilder(moduleOptions)
  const indices = new Map<string, number>()
  for (const { kernel } of lowered.steps) {
    if (!indices.has(kernel)) indices.set(kernel, builder.indexOf(kernelFor(kernel).emit(builder)))
  }
  emitExecutor(builder)
  const module = await compiler.compile(builder.assemble())
  return { module, moduleOptions, kernelIndex: (key: string) => indices.get(key) as number }
}

function startHelper(
  start: () => HelperThread,
  memory: WebAssembly.Memory,
  fail: (error: OstroError) => void,
): { readonly thread: HelperThread; readonly ready: Promise<void>; readonly pack: Packer } {
  const thread = start()
  const ready = Promise.withResolvers<void>()
  const waiting = new Map<number, PromiseWithResolvers<Uint8Array<ArrayBuffer>>>()
  let nextId = 0
  const failAll = (text: string) => {
    const error = new OstroError('device', `wasm device: a helper thread failed: ${text}`)
    fail(error)
    ready.reject(error)
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  thread.onFailure(failAll)
  thread.onMessage((reply: FromHelper) => {
    switch (reply.type) {
      case 'ready':
        ready.resolve()
        return
      case 'packed':
        waiting.get(reply.id)?.resolve(reply.bytes)
        waiting.delete(reply.id)
        return
      case 'failed':
        failAll(reply.message)
        return
      default:
        reply satisfies never
    }
  })
  return {
    thread,
    ready: ready.promise,
    pack: (request) => {
      const id = nextId++
      const answer = Promise.withResolvers<Uint8Array<ArrayBuffer>>()
      waiting.set(id, answer)
      thread.post({ type: 'pack', id, memory, ...request }, [request.bytes.buffer])
      return answer.promise
    },
  }
}

/** One line for each weight type that has no panel and takes more room here than in the file. */
function describeExpanded(layout: MemoryLayout): readonly string[] {
  return [...expandedWeights(layout)].map(
    ([type, count]) =>
      `${count} ${type} tensors have no fast kernel and are kept as f32, which is exact but larger and slower.`,
  )
}

async function readHostVectors(lowered: Lowered, weights: ReadonlyMap<string, WeightSource>) {
  const vectors = new Map<string, Float32Array>()
  for (const task of lowered.hostTasks) {
    if (task.kind !== 'rope-factors' || vectors.has(task.weight)) continue
    const source = weights.get(task.weight)
    if (source === undefined) throw new OstroError('invalid-file', `wasm device: expected a tensor '${task.weight}'.`)
    vectors.set(task.weight, await readFloats(source))
  }
  return vectors
}

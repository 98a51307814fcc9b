/**
 * Read bandwidth of the memory, measured with what decoding uses: WebAssembly vector loads over weights that no cache holds,
 * one thread per core on its own part.
 */
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { i32, i32x4, ptr, type V128, v128 } from '../src/devices/wasm/asm/expression.ts'
import { ModuleBuilder } from '../src/devices/wasm/asm/module.ts'

const pageBytes = 65_536
/** Larger than any cache; one part per thread. */
const totalBytes = 512 * 1024 * 1024
const runs = 7

interface Part {
  readonly memory: WebAssembly.Memory
  readonly code: Uint8Array<ArrayBuffer>
  readonly from: number
  readonly bytes: number
}

/** GB/s of the fastest of seven passes; as a peak it is the strictest divisor for "share of the bandwidth". */
export async function measureReadBandwidth(threads = availableParallelism()): Promise<number> {
  const pages = totalBytes / pageBytes
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  new Uint32Array(memory.buffer).fill(1)
  const bytes = Math.floor(totalBytes / threads / pageBytes) * pageBytes
  const code = streamKernel(pages)
  const workers = Array.from(
    { length: threads },
    (_, index) =>
      new Worker(new URL(import.meta.url), { workerData: { memory, code, from: index * bytes, bytes } satisfies Part }),
  )
  try {
    await Promise.all(workers.map((worker) => pass(worker)))
    let best = 0
    for (let run = 0; run < runs; run++) {
      const started = performance.now()
      await Promise.all(workers.map((worker) => pass(worker)))
      best = Math.max(best, (bytes * threads) / 1e6 / (performance.now() - started))
    }
    return best
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function pass(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('error', reject)
    worker.postMessage('go')
  })
}

/** `stream(from, bytes)`: adds up all 16-byte words, eight at a time, so that no load can be left out. */
function streamKernel(pages: number): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({
    memory64: false,
    shared: true,
    arithmetic: 'plain',
    minimumPages: pages,
    maximumPages: pages,
  })
  module.function('stream', ['ptr', 'i32'], 'i32', (f) => {
    const address = f.local('ptr', f.parameter(0, 'ptr'))
    const sums = Array.from({ length: 8 }, () => f.local('v128', i32x4.splatConst(0)))
    const offset = f.local('i32')
    f.for(offset, i32.const(0), f.parameter(1, 'i32'), 128, () => {
      sums.forEach((sum, index) => f.set(sum, i32x4.add(sum, v128.load(address, index * 16))))
      f.set(address, ptr.add(address, ptr.const(128)))
    })
    const total = sums.reduce<V128>((a, b) => i32x4.add(a, b), i32x4.splatConst(0))
    f.return(i32x4.extractLane(total, 0))
  })
  return module.assemble()
}

function serve({ memory, code, from, bytes }: Part): void {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } })
  const stream = exports['stream'] as (from: number, bytes: number) => number
  parentPort?.on('message', () => parentPort?.postMessage(stream(from, bytes)))
}

if (!isMainThread && workerData !== null && 'code' in workerData) serve(workerData as Part)

/** Feeds one hostile file to a reader and asserts what must hold for every file: typed errors, no hang, bounded allocation. */
import { OstroError } from '../../src/util/error.ts'

export interface Trials {
  /** Runs `read` on `bytes`; true where the file was accepted. @throws Error that describes the violation */
  run(bytes: Uint8Array, label: string, read: () => Promise<void>): Promise<boolean>
  readonly accepted: number
  /** Count of refusals by error code. */
  readonly refused: ReadonlyMap<string, number>
  readonly mostAllocatedBytes: number
}

/** Of this thread's processor time, which a busy machine does not lengthen; a wait without end runs into the test's own limit. */
const hangMs = 1000
const freeBytes = 16 * 1024 * 1024

export function hostileTrials(): Trials {
  const refused = new Map<string, number>()
  let accepted = 0
  let mostAllocatedBytes = 0

  async function attempt(bytes: Uint8Array, label: string, read: () => Promise<void>): Promise<string | undefined> {
    const counted = countAllocations()
    const outcome = await read().then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    const allocatedBytes = counted.stop()
    mostAllocatedBytes = Math.max(mostAllocatedBytes, allocatedBytes)
    const most = 2 * bytes.length + freeBytes
    if (allocatedBytes > most)
      throw new Error(`${label}: at most ${most} bytes allocated expected, got ${allocatedBytes}`)
    if (outcome === undefined) return undefined
    if (outcome.error instanceof OstroError && /byte \d+|expected/.test(outcome.error.message))
      return outcome.error.code
    throw new Error(`${label}: an OstroError expected, got ${String(outcome.error)}`, { cause: outcome.error })
  }

  return {
    async run(bytes, label, read) {
      const before = process.threadCpuUsage()
      const code = await attempt(bytes, label, read)
      const spent = process.threadCpuUsage(before)
      const tookMs = (spent.user + spent.system) / 1000
      if (tookMs > hangMs)
        throw new Error(`${label}: at most ${hangMs} ms of processor time expected, got ${tookMs} ms`)
      if (code === undefined) accepted++
      else refused.set(code, (refused.get(code) ?? 0) + 1)
      return code === undefined
    },
    get accepted() {
      return accepted
    },
    refused,
    get mostAllocatedBytes() {
      return mostAllocatedBytes
    },
  }
}

/** Sums the bytes of every typed array created by length until `stop`, whether it is kept or not. */
function countAllocations(): { stop: () => number } {
  const { Uint8Array: bytesBefore, Uint32Array: wordsBefore } = globalThis
  let allocatedBytes = 0
  function counting<Constructor extends typeof bytesBefore | typeof wordsBefore>(original: Constructor): Constructor {
    return new Proxy(original, {
      construct(target, args, newTarget) {
        const made = Reflect.construct(
          target,
          args,
          newTarget === proxyOf.get(target) ? target : newTarget,
        ) as Uint8Array
        if (typeof args[0] === 'number') allocatedBytes += made.byteLength
        return made
      },
    })
  }
  const proxyOf = new Map<unknown, unknown>()
  globalThis.Uint8Array = counting(bytesBefore)
  globalThis.Uint32Array = counting(wordsBefore)
  proxyOf.set(bytesBefore, globalThis.Uint8Array)
  proxyOf.set(wordsBefore, globalThis.Uint32Array)
  return {
    stop() {
      globalThis.Uint8Array = bytesBefore
      globalThis.Uint32Array = wordsBefore
      return allocatedBytes
    },
  }
}

/** What the device's main thread and its helper threads say to each other. */
import type { WasmMemory, WasmModule } from '../../util/platform-types.ts'
import type { PackJob } from './pack.ts'

export interface PackMessage {
  readonly type: 'pack'
  readonly id: number
  readonly memory: WasmMemory
  readonly job: PackJob
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly address: number
  readonly sizeBytes: number
}

/** Enters the executor and stays there until it is told to quit. */
export interface WorkMessage {
  readonly type: 'work'
  readonly module: WasmModule
  readonly memory: WasmMemory
  readonly thread: number
  readonly threads: number
  /** Addresses are BigInt in a 64-bit memory. */
  readonly memory64: boolean
}

export type ToHelper = PackMessage | WorkMessage

export type FromHelper =
  /** The thread has started and listens. */
  | { readonly type: 'ready' }
  | { readonly type: 'packed'; readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'failed'; readonly message: string }

/** A thread, whatever the platform calls it. */
export interface HelperThread {
  post(message: ToHelper, transfer?: readonly ArrayBuffer[]): void
  onMessage(listener: (message: FromHelper) => void): void
  onFailure(listener: (message: string) => void): void
  /** The thread alone no longer keeps the process alive. */
  release(): void
  terminate(): void
}

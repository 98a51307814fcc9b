/** The body of a helper thread: packs weights while the model loads, then runs its share of every step. */
import { packPanels } from './pack.ts'
import type { FromHelper, ToHelper } from './worker-protocol.ts'

export function createHelper(
  post: (message: FromHelper, transfer: ArrayBuffer[]) => void,
): (message: ToHelper) => void {
  let memory: WebAssembly.Memory | undefined
  let enter: (() => void) | undefined
  return (message) => {
    switch (message.type) {
      case 'start': {
        const { memory64, thread, threads } = message
        memory = message.memory
        const instance = new WebAssembly.Instance(message.module, { env: { memory } })
        const work = instance.exports.work as (base: number | bigint, thread: number, threads: number) => void
        enter = () => work(memory64 ? 0n : 0, thread, threads)
        post({ type: 'started' }, [])
        return
      }
      case 'pack': {
        if (memory === undefined) throw new Error('helper: expected start before pack')
        packPanels(message.job, message.bytes, new Uint8Array(memory.buffer, message.address, message.sizeBytes))
        post({ type: 'packed', id: message.id, bytes: message.bytes }, [message.bytes.buffer])
        return
      }
      case 'work':
        enter?.()
        return
      default:
        message satisfies never
    }
  }
}

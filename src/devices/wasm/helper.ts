/** The body of a helper thread: packs weights while the model loads, then runs its share of every step. */
import { control } from './control.ts'
import { packPanels } from './pack.ts'
import type { FromHelper, ToHelper } from './worker-protocol.ts'

export function createHelper(
  post: (message: FromHelper, transfer: ArrayBuffer[]) => void,
): (message: ToHelper) => void {
  const handle = (message: ToHelper): void => {
    switch (message.type) {
      case 'pack':
        packPanels(
          message.job,
          message.bytes,
          new Uint8Array(message.memory.buffer, message.address, message.sizeBytes),
        )
        post({ type: 'packed', id: message.id, bytes: message.bytes }, [message.bytes.buffer])
        return
      case 'work': {
        const { module, memory, thread, threads, memory64 } = message
        const { exports } = new WebAssembly.Instance(module, { env: { memory } })
        const work = exports.work as (base: number | bigint, thread: number, threads: number) => void
        work(memory64 ? 0n : 0, thread, threads)
        return
      }
      default:
        message satisfies never
    }
  }
  post({ type: 'ready' }, [])
  return (message) => {
    try {
      handle(message)
    } catch (error) {
      // The thread that started the run cannot read messages while it waits at a barrier; this it sees.
      if (message.type === 'work') {
        const words = new Int32Array(message.memory.buffer, 0, control.bytes / 4)
        Atomics.store(words, control.failed / 4, 1)
        Atomics.notify(words, control.barrierNumber / 4)
      }
      post({ type: 'failed', message: String(error) }, [])
    }
  }
}

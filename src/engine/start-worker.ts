/** Starts the engine's worker as a module worker of a page. */
import type { FromWorker, ToWorker, WorkerPort } from './protocol.ts'

export function startWebWorker(): WorkerPort {
  // Written out so that bundlers find the file.
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'ostro-engine' })
  return {
    post: (message: ToWorker, transfer = []) => worker.postMessage(message, transfer),
    onMessage: (handle) => {
      worker.addEventListener('message', (event: MessageEvent<FromWorker>) => handle(event.data))
    },
    onDeath: (handle) => {
      worker.addEventListener('error', (event) => handle(event.message || 'its script could not be run'))
      worker.addEventListener('messageerror', () => handle('a message could not be read'))
    },
    terminate: async () => worker.terminate(),
    keepAlive: () => {},
  }
}

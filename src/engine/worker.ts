/** Entry of the engine's worker in a page. */
import { startHelperThread } from '../devices/wasm/helper-thread.web.ts'
import { createEngineHandlers } from './handlers.ts'
import { openSource } from './open-source.ts'
import type { FromWorker, ToWorker } from './protocol.ts'
import { serveEngine } from './rpc-server.ts'

interface WorkerScope {
  postMessage(message: unknown, transfer: Transferable[]): void
  addEventListener(type: 'message', handle: (event: MessageEvent<ToWorker>) => void): void
}
const scope = globalThis as unknown as WorkerScope

serveEngine(
  {
    post: (message: FromWorker, transfer = []) => scope.postMessage(message, transfer),
    onMessage: (handle) => scope.addEventListener('message', (event) => handle(event.data)),
  },
  createEngineHandlers({ openSource, startHelperThread, compilers: [] }),
)

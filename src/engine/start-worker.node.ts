/** Starts the engine's worker as a Node worker thread. */
import { Worker } from 'node:worker_threads'
import type { FromWorker, ToWorker, WorkerPort } from './protocol.ts'

export function startNodeWorker(): WorkerPort {
  // From the sources Node strips the types itself; in the package there is only JavaScript.
  const file = import.meta.url.endsWith('.ts') ? './worker.node.ts' : './worker.node.js'
  const worker = new Worker(new URL(file, import.meta.url), {
    name: 'ostro-engine',
    // Reading a vocabulary makes much that is forgotten at once; without a limit V8 keeps 50 MB of room for it.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  })
  worker.unref()
  let ending = false
  return {
    post: (message: ToWorker, transfer = []) => worker.postMessage(message, transfer as []),
    onMessage: (handle) => worker.on('message', (message: FromWorker) => handle(message)),
    onDeath: (handle) => {
      worker.on('error', (error: Error) => handle(error.message))
      worker.on('messageerror', (error: Error) => handle(error.message))
      worker.on('exit', (code) => {
        if (!ending) handle(`exit code ${code}`)
      })
    },
    terminate: async () => {
      ending = true
      await worker.terminate()
    },
    keepAlive: (wanted) => {
      if (wanted) worker.ref()
      else worker.unref()
    },
  }
}

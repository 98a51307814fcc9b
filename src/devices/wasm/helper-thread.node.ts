/** Helper threads on Node's worker_threads; this file is also what they run. */
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { createHelper } from './helper.ts'
import type { FromHelper, HelperThread, ToHelper } from './worker-protocol.ts'

const role = 'ostro-wasm-helper'

export function startHelperThread(): HelperThread {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: role,
    execArgv: [],
    // It works on shared memory; V8 would keep tens of megabytes of room that it never uses.
    resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 64 },
  })
  return {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    onMessage: (listener) => {
      worker.on('message', listener)
    },
    onFailure: (listener) => {
      worker.on('error', (error) => listener(String(error)))
      worker.on('exit', (code) => {
        if (code !== 0) listener(`helper thread ended with code ${code}`)
      })
    },
    release: () => worker.unref(),
    terminate: () => {
      void worker.terminate()
    },
  }
}

if (!isMainThread && workerData === role) {
  const handle = createHelper((message: FromHelper, transfer) => parentPort?.postMessage(message, transfer))
  parentPort?.on('message', (message: ToHelper) => handle(message))
}

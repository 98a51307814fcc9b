/** Entry of the engine's worker thread in Node. */
import { parentPort } from 'node:worker_threads'
import { startHelperThread } from '../devices/wasm/helper-thread.node.ts'
import { v8Compiler } from '../devices/wasm/v8-compiler.node.ts'
import { createEngineHandlers } from './handlers.ts'
import { openSource } from './open-source.node.ts'
import type { FromWorker, ToWorker } from './protocol.ts'
import { serveEngine } from './rpc-server.ts'

const port = parentPort
if (port === null) throw new Error('engine worker: to be started as a worker thread')
serveEngine(
  {
    post: (message: FromWorker, transfer = []) => port.postMessage(message, transfer as []),
    onMessage: (handle) => port.on('message', (message: ToWorker) => handle(message)),
  },
  createEngineHandlers({ openSource, startHelperThread, compilers: [v8Compiler()].filter((one) => one !== undefined) }),
)

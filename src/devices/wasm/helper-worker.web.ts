/** Entry of a web worker that serves as helper thread. */
import { createHelper } from './helper.ts'
import type { ToHelper } from './worker-protocol.ts'

const handle = createHelper((message, transfer) => postMessage(message, { transfer }))
addEventListener('message', (event: MessageEvent<ToHelper>) => handle(event.data))

/** Helper threads on web workers. */
import type { FromHelper, HelperThread, ToHelper } from './worker-protocol.ts'

export function startHelperThread(): HelperThread {
  const worker = new Worker(new URL('./helper-worker.web.js', import.meta.url), { type: 'module' })
  return {
    post: (message: ToHelper, transfer = []) => worker.postMessage(message, [...transfer]),
    onMessage: (listener) => {
      worker.addEventListener('message', (event: MessageEvent<FromHelper>) => listener(event.data))
    },
    onFailure: (listener) => {
      worker.addEventListener('error', (event) => listener(event.message))
    },
    release: () => undefined,
    terminate: () => worker.terminate(),
  }
}

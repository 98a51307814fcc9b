/** Lets waiting messages and timers run between two pieces of long work, without the 4 ms that browsers add to nested timers. */

declare const setImmediate: undefined | ((callback: () => void) => unknown)

/** Resolves after the event loop has handled what was waiting. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve)
      return
    }
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}

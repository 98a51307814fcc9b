/** Events from several tasks at once, read as one stream in the order in which they came. */

export interface EventQueue<E> {
  readonly push: (event: E) => void
  /** Ends the stream after what was pushed; with a failure, by throwing it. */
  readonly close: (failure?: { readonly error: unknown }) => void
  readonly events: () => AsyncGenerator<E, void, void>
}

export function createEventQueue<E>(): EventQueue<E> {
  let waiting: E[] = []
  let closed = false
  let failed: { readonly error: unknown } | undefined
  let wake: (() => void) | undefined
  const signal = (): void => {
    wake?.()
    wake = undefined
  }
  return {
    push: (event) => {
      if (closed) return
      waiting.push(event)
      signal()
    },
    close: (failure) => {
      closed = true
      failed = failure
      signal()
    },
    async *events() {
      for (;;) {
        const events = waiting
        waiting = []
        yield* events
        if (waiting.length > 0) continue
        if (closed) break
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (failed !== undefined) throw failed.error
    },
  }
}

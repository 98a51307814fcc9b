/** Waits until an answer has begun, so that what is wrong with its request is still a status and not an event in a stream. */

/** After this time an answer that has not begun sends its headers all the same, for the proxies between. */
const latestHeadersMs = 5000

/**
 * The same events, once one of them is the answer's beginning or they have ended.
 * @throws what `events` throw before that
 */
export async function startedEvents<E>(
  events: AsyncIterable<E>,
  isBeginning: (event: E) => boolean = () => true,
): Promise<AsyncIterable<E>> {
  const iterator = events[Symbol.asyncIterator]()
  const early: E[] = []
  let late = false
  let ended = false
  /** What was asked for and is for the reader to take. */
  let pending: Promise<IteratorResult<E>> | undefined
  const begin = async (): Promise<void> => {
    for (;;) {
      pending = iterator.next()
      const step = await pending
      if (late) return
      pending = undefined
      ended = step.done === true
      if (step.done === true) return
      early.push(step.value)
      if (isBeginning(step.value)) return
    }
  }
  const beginning = begin()
  // Once it is late, the reader meets what goes wrong.
  beginning.catch(() => {})
  let timer: ReturnType<typeof setTimeout> | undefined
  const waited = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      late = true
      resolve()
    }, latestHeadersMs)
  })
  try {
    await Promise.race([beginning, waited])
  } finally {
    clearTimeout(timer)
  }
  return (async function* (): AsyncGenerator<E> {
    try {
      yield* early
      if (ended) return
      for (let step = await (pending ?? iterator.next()); step.done !== true; step = await iterator.next()) {
        yield step.value
      }
    } finally {
      await iterator.return?.()
    }
  })()
}

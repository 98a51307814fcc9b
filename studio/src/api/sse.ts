/** Server-sent events from the body of a `fetch`, as the HTML standard parses them (EventSource itself cannot POST). */

export interface ServerEvent {
  /** Name of the event, `message` where the server gives none. */
  readonly event: string
  readonly data: string
  readonly id: string | undefined
}

/** Yields each complete event; one that the stream breaks off in the middle is dropped, as the standard asks. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  let data: string[] = []
  let event = ''
  let id: string | undefined
  for await (const line of readLines(body)) {
    if (line === '') {
      if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n'), id }
      data = []
      event = ''
      continue
    }
    const colon = line.indexOf(':')
    // A line that starts with a colon is a comment: the server's sign of life.
    if (colon === 0) continue
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') data.push(value)
    else if (field === 'event') event = value
    else if (field === 'id' && !value.includes('\0')) id = value
  }
}

/** Lines end with LF, CR LF or CR. A CR at the end of a chunk waits for the next one: an LF there belongs to it. */
async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true })
      let start = 0
      for (const { index, 0: ending } of rest.matchAll(/\r\n|\n|\r/g)) {
        if (ending === '\r' && index === rest.length - 1 && !done) break
        yield rest.slice(start, index)
        start = index + ending.length
      }
      rest = rest.slice(start)
      if (done) return
    }
  } finally {
    await reader.cancel()
  }
}

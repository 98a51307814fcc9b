/**
 * Frames as they come, written as server-sent events or as one JSON value per line. What a slow reader has not taken is
 * bounded: beyond that no further frame is asked for, and a reader that takes nothing for a minute is left.
 */

/** One event of a stream. */
export interface Frame {
  /** Text as it is, anything else as JSON. */
  readonly data: unknown
  /** The event's name, in server-sent events. */
  readonly event?: string
  /** The event's number, in server-sent events. */
  readonly id?: number
}

export type StreamFormat = 'sse' | 'ndjson'

export interface StreamOptions {
  readonly format: StreamFormat
  /** Silence after which a comment line says that the server is still there (server-sent events only). */
  readonly keepAliveMs: number
  /** Bytes that may wait for the reader. */
  readonly bufferBytes: number
  /** Time without the reader taking anything after which the stream is cut. */
  readonly stallMs: number
  /** The last frames of a stream that fails. */
  readonly failureFrames: (error: unknown) => readonly Frame[]
  /** The reader has left, or stalls; stops whatever makes the frames. */
  readonly onLeave: (reason: 'left' | 'stalled') => void
  /** Called once, when nothing will be written any more. */
  readonly onDone: () => void
}

const encoder = new TextEncoder()
const keepAlive = encoder.encode(': keep-alive\n\n')

const mediaTypes: Readonly<Record<StreamFormat, string>> = {
  sse: 'text/event-stream; charset=utf-8',
  ndjson: 'application/x-ndjson',
}

export function streamResponse(frames: AsyncIterable<Frame>, options: StreamOptions): Response {
  const headers = {
    'content-type': mediaTypes[options.format],
    'cache-control': 'no-cache, no-transform',
    // Proxies that collect answers would make a stream of it no stream.
    'x-accel-buffering': 'no',
  }
  return new Response(byteStream(frames, options), { headers })
}

function byteStream(frames: AsyncIterable<Frame>, options: StreamOptions): ReadableStream<Uint8Array> {
  let reader: 'there' | 'gone' = 'there'
  let makeRoom = (): void => {}
  let lastWrite = performance.now()

  const roomWithin = (): Promise<boolean> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), options.stallMs)
      makeRoom = () => {
        clearTimeout(timer)
        resolve(true)
      }
    })
  const write = (controller: ReadableStreamDefaultController<Uint8Array>, frame: Frame): void => {
    lastWrite = performance.now()
    controller.enqueue(encoder.encode(frameText(frame, options.format)))
  }
  const pump = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    for await (const frame of frames) {
      if (reader === 'gone') return
      write(controller, frame)
      if ((controller.desiredSize ?? 0) > 0) continue
      if (await roomWithin()) continue
      reader = 'gone'
      options.onLeave('stalled')
      controller.error(new Error(`the reader took nothing for ${options.stallMs} ms`))
      return
    }
  }

  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const timer = setInterval(() => {
          if (options.format !== 'sse' || (controller.desiredSize ?? 0) <= 0) return
          if (performance.now() - lastWrite >= options.keepAliveMs) controller.enqueue(keepAlive)
        }, options.keepAliveMs)
        void pump(controller)
          .catch((error: unknown) => {
            if (reader === 'gone') return
            for (const frame of options.failureFrames(error)) write(controller, frame)
          })
          .finally(() => {
            clearInterval(timer)
            if (reader === 'there') controller.close()
            options.onDone()
          })
      },
      pull: () => makeRoom(),
      cancel: () => {
        reader = 'gone'
        options.onLeave('left')
        makeRoom()
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: options.bufferBytes }),
  )
}

function frameText({ data, event, id }: Frame, format: StreamFormat): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  if (format === 'ndjson') return `${text}\n`
  const name = event === undefined ? '' : `event: ${event}\n`
  const number = id === undefined ? '' : `id: ${id}\n`
  return `${name}${number}data: ${text}\n\n`
}

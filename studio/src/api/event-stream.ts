/** A POST whose answer is a stream of JSON values, ended by `[DONE]`. */
import { ApiError, streamError } from './error.ts'
import { request } from './request.ts'
import { readEvents } from './sse.ts'

/** @throws {ApiError} For an error status, an error inside the stream, and a stream that breaks off before `[DONE]`. */
export async function* streamJson<Chunk extends object>(
  path: string,
  body: unknown,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  const response = await request(path, body, signal)
  if (response.body === null) throw brokenOff()
  for await (const { event, data } of readEvents(response.body)) {
    if (data === '[DONE]') return
    const chunk = JSON.parse(data) as Awaited<Chunk>
    if (event === 'error' || 'error' in chunk) throw streamError(data)
    yield chunk
  }
  throw brokenOff()
}

function brokenOff(): ApiError {
  const message = 'The connection broke off before the answer was complete.'
  return new ApiError({ status: 200, code: 'broken_stream', message, field: undefined, retryAfterSeconds: undefined })
}

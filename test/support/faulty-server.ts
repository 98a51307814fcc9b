/** A server of chat completions over HTTP that answers by a script and fails where it is told to. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * `busy`: 429 once, with a time to wait; `cut`: the stream ends inside the answer; `reset`: the connection does; `malformed`: an event is no
 * JSON; `broken`: 500.
 */
export type Fault = 'busy' | 'cut' | 'reset' | 'malformed' | 'broken'

export interface FaultyServer extends AsyncDisposable {
  readonly baseUrl: string
  /** Requests that came, those that were refused too. */
  readonly requests: () => number
}

export interface AskedBody {
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly response_format?: unknown
  readonly tools?: unknown
}

/** @param faults by the number of the answer, from 0 */
export async function startFaultyServer(
  answer: (body: AskedBody, index: number) => string,
  faults: Readonly<Record<number, Fault>> = {},
): Promise<FaultyServer> {
  let requests = 0
  let answers = 0
  const refused = new Set<number>()
  const server = createServer((request, response) => {
    requests++
    const chunks: Uint8Array[] = []
    request.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    request.on('end', () => {
      const index = answers
      const fault = faults[index]
      if (fault === 'busy' && !refused.has(index)) {
        refused.add(index)
        response.writeHead(429, { 'retry-after': '0' }).end('{"error":{"message":"slow down"}}')
        return
      }
      answers++
      if (fault === 'broken') return void response.writeHead(500).end('out of order')
      const body = JSON.parse(Buffer.concat(chunks).toString()) as AskedBody
      writeAnswer(response, answer(body, index), fault)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests: () => requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function writeAnswer(response: ServerResponse, text: string, fault: Fault | undefined): void {
  const send = (event: unknown): void => void response.write(`data: ${JSON.stringify(event)}\n\n`)
  const half = Math.ceil(text.length / 2)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  send({ choices: [{ delta: { role: 'assistant', content: text.slice(0, half) }, finish_reason: null }] })
  if (fault === 'cut') return void response.end()
  // What was written has to leave before the connection breaks.
  if (fault === 'reset') return void setTimeout(() => response.destroy(), 20)
  if (fault === 'malformed') return void response.end('data: {"choices":[{"delta":\n\n')
  send({ choices: [{ delta: { content: text.slice(half) }, finish_reason: null }] })
  send({ choices: [{ delta: {}, finish_reason: 'stop' }] })
  const usage = { prompt_tokens: 10, completion_tokens: text.split(' ').length }
  send({ choices: [], usage })
  response.end('data: [DONE]\n\n')
}

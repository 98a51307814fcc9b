/** Starts the load server and talks to it as cheaply as a client can, so that what is measured is the server. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request, type ClientRequest } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { ServerLimits } from '../../src/server/server-parts.ts'
import type { LoadScript, LoadStats } from './load-server-child.ts'

export interface LoadServer extends AsyncDisposable {
  readonly stats: () => Promise<LoadStats>
  readonly send: (script: LoadScript, options?: SendOptions) => LoadRequest
}

export interface SendOptions {
  readonly stream?: boolean
  /** Called with each piece of text and when it came, in microseconds of the machine's clock. */
  readonly onText?: (text: string, atMicroseconds: bigint) => void
  /** Bytes per second that the reader takes. Default: as they come. */
  readonly bytesPerSecond?: number
}

export interface LoadRequest {
  readonly done: Promise<LoadReply>
  /** Cuts the connection. */
  readonly leave: () => void
}

export interface LoadReply {
  readonly status: number
  readonly text: string
  /** Whether the stream ended with its end mark; true for whole answers. */
  readonly complete: boolean
  readonly milliseconds: number
  readonly retryAfter: string | undefined
}

const child = fileURLToPath(new URL('load-server-child.ts', import.meta.url))

/** @param options.keepAlive whether connections are used again (default); without, none is left when its request is over */
export async function startLoadServer(
  limits: Partial<ServerLimits>,
  options: { readonly keepAlive?: boolean } = {},
): Promise<LoadServer> {
  const process_ = fork(child, [JSON.stringify(limits)], { execArgv: ['--expose-gc'] })
  const [{ port }] = (await once(process_, 'message')) as [{ port: number }]
  const agent = new Agent({ keepAlive: options.keepAlive ?? true, maxSockets: Infinity })
  return {
    stats: async () => {
      process_.send('stats')
      const [stats] = (await once(process_, 'message')) as [LoadStats]
      return stats
    },
    send: (script, sendOptions) => send(port, agent, script, sendOptions),
    [Symbol.asyncDispose]: async () => {
      agent.destroy()
      process_.kill()
      await once(process_, 'exit')
    },
  }
}

function send(port: number, agent: Agent, script: LoadScript, options: SendOptions = {}): LoadRequest {
  const { stream = true } = options
  const started = performance.now()
  const body = JSON.stringify({ stream, messages: [{ role: 'user', content: JSON.stringify(script) }] })
  const sent = request({ port, agent, method: 'POST', path: '/v1/chat/completions', host: '127.0.0.1' })
  sent.end(body)
  const done = readReply(sent, stream, options).then((reply) => ({
    ...reply,
    milliseconds: performance.now() - started,
  }))
  return { done, leave: () => sent.destroy() }
}

function readReply(
  sent: ClientRequest,
  stream: boolean,
  { onText, bytesPerSecond }: SendOptions,
): Promise<Omit<LoadReply, 'milliseconds'>> {
  return new Promise((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', (response) => {
      let rest = ''
      let text = ''
      let ended = false
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        const at = process.hrtime.bigint() / 1000n
        if (bytesPerSecond !== undefined) {
          response.pause()
          setTimeout(() => response.resume(), (chunk.length / bytesPerSecond) * 1000)
        }
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        if (!stream) return
        for (const line of lines) {
          if (line === 'data: [DONE]') ended = true
          const piece = contentOf(line)
          if (piece === undefined) continue
          text += piece
          onText?.(piece, at)
        }
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          text,
          complete: !stream || ended,
          retryAfter: response.headers['retry-after'],
        }),
      )
    })
  })
}

function contentOf(line: string): string | undefined {
  if (!line.startsWith('data: {')) return undefined
  const { choices } = JSON.parse(line.slice(6)) as { choices?: { delta: { content?: string } }[] }
  return choices?.[0]?.delta.content
}

/** The value below which the share of all lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

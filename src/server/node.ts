/** The server on Node's HTTP: listening, limits on slow clients, and stopping without cutting answers. */
import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { OstroError } from '../util/error.ts'

export interface ListenOptions {
  readonly fetch: (request: Request) => Response | Promise<Response>
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
}

export interface Listening {
  readonly port: number
  /** Requests that have not been answered to the last byte. */
  readonly open: () => number
  /**
   * Waits until no request is open, at most that long, then closes. While it waits, requests are still taken, so that the app
   * can refuse them with a word.
   */
  readonly close: (options: { readonly withinMs: number }) => Promise<void>
}

/** Time for a request's headers and body to arrive; who sends a byte a second is cut off. */
const requestMs = 30_000
const headersMs = 15_000
/** Longer than the idle time of common proxies and clients, so that they close first. */
const idleConnectionMs = 75_000

/** @throws OstroError `network` where the address is taken or may not be used */
export async function listen({ fetch, host, port }: ListenOptions): Promise<Listening> {
  const server = createServer({ connectionsCheckingInterval: 5000 }, getRequestListener(fetch))
  server.requestTimeout = requestMs
  server.headersTimeout = headersMs
  server.keepAliveTimeout = idleConnectionMs
  let open = 0
  let noteIdle = (): void => {}
  server.on('request', (_, response) => {
    open++
    response.on('close', () => {
      open--
      if (open === 0) noteIdle()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
    server.listen(port, host, resolve)
  })
  return {
    port: portOf(server),
    open: () => open,
    close: async ({ withinMs }) => {
      if (open > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, withinMs)
          noteIdle = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): OstroError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'is taken. Stop what listens there, or choose another with --port',
    EACCES: 'may not be used without rights. Choose one above 1023 with --port',
    EADDRNOTAVAIL: 'is no address of this machine. Choose another with --host',
  }
  const reason = reasons[error.code ?? ''] ?? `cannot be listened on (${error.message})`
  return new OstroError('network', `serve: ${host}:${port} ${reason}.`, { host, port }, { cause: error })
}

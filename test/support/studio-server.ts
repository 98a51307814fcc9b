/** The server with the built chat page and models that play a script: what the page's tests talk to. */
import type { KeyStore } from '../../src/server/access.ts'
import { createApp, type ServerOptions } from '../../src/server/app.ts'
import { listen } from '../../src/server/node.ts'
import { createPageFiles } from '../../src/server/page-files.node.ts'
import type { ServedModel } from '../../src/server/served-model.ts'
import { scriptedPool } from './scripted-model.ts'

export interface StudioServer extends AsyncDisposable {
  readonly address: string
}

export interface StudioOptions extends Pick<ServerOptions, 'tasks' | 'agents'> {
  /** Where the page was built to. */
  readonly page: string
  readonly models: readonly ServedModel[]
  readonly keys?: KeyStore
}

export async function serveStudio({ page, models, keys, tasks, agents }: StudioOptions): Promise<StudioServer> {
  const app = createApp({
    models: scriptedPool(...models),
    page: createPageFiles(page),
    keys,
    tasks,
    agents,
  })
  const server = await listen({ fetch: (request) => app.fetch(request), host: '127.0.0.1', port: 0 })
  return {
    address: `http://127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: () => server.close({ withinMs: 100 }),
  }
}

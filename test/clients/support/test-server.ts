/** A server on loopback for the tests of clients: over scripted models or loaded ones, every answer held to its OpenAPI document. */
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { createApp, type ServerOptions } from '../../../src/server/app.ts'
import { listen, type Listening } from '../../../src/server/node.ts'
import type { ModelPool } from '../../../src/server/served-model.ts'
import { type CheckedFetch, createCheckedFetch } from './checked-fetch.ts'

export interface TestServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly fetch: typeof fetch
  readonly close: () => Promise<void>
  readonly checked: CheckedFetch
}

export async function startTestServer(models: ModelPool, options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const app = createApp({ models, ...options })
  const listening: Listening = await listen({ fetch: (request) => app.fetch(request), host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${listening.port}`
  const checked = await createCheckedFetch(url)
  return {
    url,
    fetch: checked.fetch,
    checked,
    close: async () => {
      await listening.close({ withinMs: 2000 })
      await models.close()
    },
  }
}

/** One server for all tests of a file; after each test, no answer may have left the document. */
export function useTestServer(makeModels: () => ModelPool | Promise<ModelPool>): TestServer {
  let server: TestServer | undefined
  const running = (): TestServer => {
    if (server === undefined) throw new Error('the server has not been started')
    return server
  }
  beforeAll(async () => {
    server = await startTestServer(await makeModels())
  })
  afterEach(async () => {
    expect(await running().checked.problems()).toEqual([])
  })
  afterAll(async () => {
    await server?.close()
  })
  return {
    get url() {
      return running().url
    },
    fetch: (input, init) => running().fetch(input, init),
    close: () => running().close(),
    get checked() {
      return running().checked
    },
  }
}

/** The engine in Chromium against the oracle: logits of a golden model, from an address and a Blob, with threads and without. */
import type { Server } from 'node:http'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve } from '../../examples/browser/serve.ts'
import { expectClose, readJson, type Tolerance } from '../golden-suite/support.ts'
import { browserPath, buildPackage, launchBrowser } from '../support/browser.ts'
import { goldenF32, goldenRoot, readGoldenTensors } from '../support/golden.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts'

const golden = join(goldenRoot, 'llama')

interface Case {
  readonly tokens: readonly number[]
  readonly tolerance: { readonly logits: Tolerance }
}

interface Result {
  readonly threads: number
  readonly values: number[]
}

describe.skipIf(browserPath === undefined)('logits in Chromium', () => {
  let folder: TemporaryFolder
  let browser: Browser
  const servers: Server[] = []

  beforeAll(async () => {
    folder = await temporaryFolder()
    buildPackage(folder.path)
    browser = await launchBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    for (const server of servers) server.close()
    await folder?.[Symbol.asyncDispose]()
  })

  it.each([
    { isolated: true, threads: 2, from: 'an address', source: `'/model.gguf'` },
    { isolated: true, threads: 2, from: 'a Blob', source: `await (await fetch('/model.gguf')).blob()` },
    { isolated: false, threads: 1, from: 'an address', source: `'/model.gguf'` },
    { isolated: false, threads: 1, from: 'a Blob', source: `await (await fetch('/model.gguf')).blob()` },
  ])('isolated $isolated, $threads threads, from $from', async ({ isolated, threads, source }) => {
    const { tokens, tolerance } = readJson<Case>(join(golden, 'case.json'))
    const options = { port: 0, dist: join(folder.path, 'dist'), model: join(golden, 'model.gguf'), isolated }
    const server = await serve(options)
    servers.push(server)
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${address.port}/`)
    // As text: the test runner rewrites `import` in functions.
    const result = await page.evaluate<Result>(`(async () => {
      const { load } = await import('/ostro/index.js')
      const model = await load(${source}, { threads: ${threads}, kv: 'f32' })
      const { data } = await model.logits(${JSON.stringify(tokens)}, { rows: 'all' })
      const result = { threads: model.info.threads, values: [...data] }
      await model.dispose()
      return result
    })()`)
    await page.close()
    expect(result.threads).toBe(threads)
    const expected = goldenF32(readGoldenTensors(join(golden, 'expected.safetensors')), 'logits')
    expectClose(result.values, expected, tolerance.logits, 'logits')
  })
})

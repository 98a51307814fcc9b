/** The built package in a real Chromium: the example page, with threads (isolated) and without. */
import type { Server } from 'node:http'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve } from '../../examples/browser/serve.ts'
import { type Completion, load } from '../../src/index.ts'
import { browserPath, buildPackage, launchBrowser } from '../support/browser.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts'
import { writeTinyChatModel } from '../support/tiny-chat-model.ts'

describe.skipIf(browserPath === undefined)('in Chromium', () => {
  let folder: TemporaryFolder
  let browser: Browser
  let modelPath: string
  const servers: Server[] = []

  beforeAll(async () => {
    folder = await temporaryFolder()
    modelPath = join(folder.path, 'chat.gguf')
    await writeTinyChatModel(modelPath)
    buildPackage(folder.path)
    browser = await launchBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    for (const server of servers) server.close()
    await folder?.[Symbol.asyncDispose]()
  })

  async function openPage(isolated: boolean) {
    const server = await serve({ port: 0, dist: join(folder.path, 'dist'), model: modelPath, isolated })
    servers.push(server)
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    const page = await browser.newPage()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(String(error)))
    await page.goto(`http://127.0.0.1:${address.port}/`)
    return { page, problems }
  }

  it.each([
    { name: 'with threads', isolated: true },
    { name: 'without threads', isolated: false },
  ])('answers $name, from an address and from a file', async ({ isolated }) => {
    const { page, problems } = await openPage(isolated)
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(isolated)
    await page.click('#served')
    await page.waitForSelector('#send:not([disabled])')
    const cores = await page.evaluate(() => navigator.hardwareConcurrency)
    const threads = isolated ? Math.min(cores, 8) : 1
    expect(await page.textContent('#status')).toContain(`${threads} thread${threads === 1 ? '.' : 's.'}`)
    await page.fill('#prompt', 'hi')
    await page.click('#send')
    await page.waitForFunction(() => document.getElementById('facts')?.textContent !== '')
    expect(await page.textContent('#facts')).toMatch(/^(stop|length): \d+ tokens/)

    await page.setInputFiles('#file', modelPath)
    await page.waitForFunction(() => document.getElementById('status')?.textContent?.includes('parameters') === true)
    expect(problems).toEqual([])
    await page.close()
  })

  it('gives the same tokens as in Node', async () => {
    const options = { maxTokens: 12, temperature: 0, logprobs: 1 } as const
    await using model = await load(modelPath, { threads: 1 })
    const here = await model.complete('hello', options)
    const { page } = await openPage(true)
    // As text: the test runner rewrites `import` in functions.
    const there = await page.evaluate<Completion>(`(async () => {
      const { load } = await import('/ostro/index.js')
      const model = await load('/model.gguf', { threads: 2 })
      const result = await model.complete('hello', ${JSON.stringify(options)})
      await model.dispose()
      return result
    })()`)
    expect(there.logprobs?.map(({ token }) => token)).toEqual(here.logprobs?.map(({ token }) => token))
    await page.close()
  })
})

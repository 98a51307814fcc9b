/** Decode and prefill in Chromium against @wllama/wllama: same page server, same file, same threads, one tab each, runs in turn. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { findBrowser } from '../test/support/browser.ts'
import { startPageServer } from './browser/server.ts'
import { endTokensOf } from './end-tokens.ts'
import { type Figure, median, ratioOf } from './figure.ts'
import { type BenchModel, realModels } from './models.ts'
import type { BenchOptions } from './suite.ts'

interface Answer {
  readonly promptTokens: number
  readonly prefillMs: number
  readonly generatedTokens: number
  readonly decodeMs: number
}
interface Tab {
  readonly page: Page
  readonly decode: number[]
  readonly prefill: number[]
}

/** About 500 and 60 tokens. The first word differs in every run, so that no prefix is found again. */
const sentence = 'The old lighthouse keeper counted seven ships before the fog rolled in from the northern bay. '
const longPrompt = sentence.repeat(26)
const shortPrompt = sentence.repeat(3)
const decodeTokens = 64
const limitMs = 300_000

export async function* wllama(options: BenchOptions): AsyncGenerator<Figure> {
  const executablePath = findBrowser()
  if (executablePath === undefined)
    return console.error('wllama: no Chromium found, left out. OSTRO_CHROMIUM names one.')
  // The page runs what npm users get, so the build has to be that of these sources.
  execFileSync(process.execPath, [fileURLToPath(new URL('../scripts/build.mjs', import.meta.url))], {
    stdio: ['ignore', 2, 2],
  })
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  const threadCounts = [...new Set([1, Math.max(...options.threads)])]
  try {
    for (const model of await realModels()) {
      if (!model.name.includes(options.modelFilter)) continue
      for (const threads of threadCounts) yield* inBrowser(browser, model, threads, options)
    }
  } finally {
    await browser.close()
  }
}

async function* inBrowser(
  browser: Browser,
  model: BenchModel,
  threads: number,
  options: BenchOptions,
): AsyncGenerator<Figure> {
  await using server = await startPageServer(model.path)
  const endTokens = await endTokensOf(model.path)
  const ours = await openTab(browser, server.address, 'ostro', threads)
  const peer = await openTab(browser, server.address, 'wllama', threads)
  for (let run = 0; run <= options.runs; run++) {
    for (const tab of [ours, peer]) await measure(tab, run, endTokens)
  }
  for (const kind of ['decode', 'prefill'] as const) {
    const values = { ours: median(ours[kind]), peer: median(peer[kind]) }
    yield {
      figure: `${kind} in Chromium against wllama`,
      model: model.name,
      ...values,
      ratio: ratioOf(values.ours, values.peer),
      must: '>= 2',
      aim: '>= 3',
      unit: 'tokens/s',
      runs: options.runs,
      note: `${threads} thread${threads === 1 ? '' : 's'} each`,
    }
  }
  for (const { page } of [ours, peer]) await page.close()
}

async function openTab(browser: Browser, address: string, engine: string, threads: number): Promise<Tab> {
  const page = await browser.newPage()
  page.setDefaultTimeout(limitMs)
  await page.goto(address)
  await page.waitForFunction('globalThis.engines !== undefined')
  if ((await page.evaluate('engines.isolated')) !== true) throw new Error('wllama: the page may not share memory')
  await page.evaluate(`engines.load(${JSON.stringify(engine)}, '/model.gguf', ${threads})`)
  return { page, decode: [], prefill: [] }
}

/** Run 0 warms up and does not count. */
async function measure({ page, decode, prefill }: Tab, run: number, endTokens: readonly number[]): Promise<void> {
  const ask = async (prompt: string, count: number) =>
    (await page.evaluate(
      `engines.answer(${JSON.stringify(`${run + 1}. ${prompt}`)}, ${count}, ${JSON.stringify(endTokens)})`,
    )) as Answer
  const read = await ask(longPrompt, 1)
  const written = await ask(shortPrompt, decodeTokens + 1)
  if (run === 0) return
  prefill.push((read.promptTokens * 1000) / read.prefillMs)
  decode.push((written.generatedTokens * 1000) / written.decodeMs)
}

/**
 * Takes the pictures of the README with the real default model: `node scripts/take-pictures.ts [NAME...]`. It serves the page in Chromium, runs the
 * example of a task or an agent and keeps what stands there in docs/images; `chat` is the chat page, whose speed wants a quiet machine.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { defaultEncoderName, defaultModelName, pull } from '../src/hub/index.ts'
import { load } from '../src/index.ts'
import { createApp } from '../src/server/app.ts'
import { createModelPool } from '../src/server/model-pool.ts'
import { listen } from '../src/server/node.ts'
import { createPageFiles } from '../src/server/page-files.node.ts'
import { fitCalibration } from '../src/tasks/label-calibration.ts'
import { buildStudio, launchBrowser } from '../test/support/browser.ts'
import { temporaryFolder } from '../test/support/temporary.ts'
import { pictureItems, pictureLabels, pictureText } from './picture-items.ts'

interface Picture {
  readonly name: string
  /** Where the page shows it. */
  readonly address: string
  /** What of the page is taken. Default: the whole result. */
  readonly part?: string | undefined
  /** Changes the example. */
  readonly fill?: ((page: Page) => Promise<void>) | undefined
}

const pictures: readonly Picture[] = [
  { name: 'classification', address: 'tasks/classify', fill: fillCalibrated },
  { name: 'cited-answer', address: 'tasks/answer' },
  { name: 'lats', address: 'agents/lats', part: '.run-part[aria-label^="Search"]', fill: fillSearch },
]

/** The chat page has no step: it is asked for a review that fits a schema, after two questions that stand in the sidebar. */
const chatPicture = 'chat'

const longestRunMs = 450_000
const folder = fileURLToPath(new URL('../docs/images', import.meta.url))
const wanted = process.argv.slice(2)

await using built = await temporaryFolder()
buildStudio(built.path)
const models = createModelPool({
  entries: async () => [
    { id: defaultModelName, aliases: [], sizeBytes: 0, created: 0, licence: undefined, kind: 'chat' },
    { id: defaultEncoderName, aliases: [], sizeBytes: 0, created: 0, licence: undefined, kind: 'encoder' },
  ],
  load: async (id) => load((await pull(id)).path),
  defaultModel: defaultModelName,
})
const app = createApp({ models, page: createPageFiles(built.path) })
const server = await listen({ fetch: (request) => app.fetch(request), host: '127.0.0.1', port: 0 })
const address = `http://127.0.0.1:${server.port}`
const browser = await launchBrowser()
await mkdir(folder, { recursive: true })
const page = await browser.newPage({ viewport: { width: 1180, height: 1400 }, colorScheme: 'light' })
for (const picture of pictures) {
  if (wanted.length > 0 && !wanted.includes(picture.name)) continue
  await page.goto(`${address}/#/${picture.address}`)
  await page.click(`.step-chips a[href="#/${picture.address}"]`)
  await page.click('.run-actions button:has-text("Example")')
  await picture.fill?.(page)
  await page.keyboard.press('Control+Enter')
  await page.waitForSelector('.run-facts [data-status="done"], .failure-card', { timeout: longestRunMs })
  await page.waitForTimeout(600)
  const path = join(folder, `${picture.name}.png`)
  await page.locator(picture.part ?? '.run-result').screenshot({ path })
  console.log(`${path}: ${await page.textContent('.run-facts [role="status"]')}`)
}
if (wanted.length === 0 || wanted.includes(chatPicture)) await takeChat()
await browser.close()
await server.close({ withinMs: 100 })
await models.close()

async function takeChat(): Promise<void> {
  const chat = await browser.newPage({ viewport: { width: 1200, height: 760 }, colorScheme: 'light' })
  chat.setDefaultTimeout(longestRunMs)
  await chat.goto(address)
  const send = async (text: string): Promise<void> => {
    await chat.fill('#composer', text)
    await chat.press('#composer', 'Enter')
  }
  for (const question of ['What is the ostro?', 'What is 47 times 89?']) {
    await send(question)
    await chat.click('[aria-label="Stop the answer"]')
    await chat.waitForSelector('.answer-facts')
    await chat.keyboard.press('Control+Shift+O')
    await chat.waitForSelector('.answer-facts', { state: 'detached' })
  }
  await chat.keyboard.press('Control+,')
  await chat.click('.segments label:has-text("Schema")')
  await send('Review the book \u201cInvisible Cities\u201d by Italo Calvino.')
  await chat.waitForSelector('.answer-facts')
  await chat.waitForTimeout(600)
  await chat.screenshot({ path: join(folder, `${chatPicture}.png`) })
  console.log(`${chatPicture}: ${await chat.textContent('.answer-facts')}`)
}

async function fillCalibrated(form: Page): Promise<void> {
  const lease = await models.acquire(undefined, AbortSignal.timeout(longestRunMs))
  const question = 'Topic of the article'
  const calibration = await fitCalibration(lease.model, pictureItems, pictureLabels, { question })
  lease.release()
  await form.fill('.step-field-text', pictureText)
  await form.click('.step-options summary')
  await form.getByLabel('Calibration (optional)').fill(JSON.stringify(calibration))
}

/** A puzzle that the model solves within a picture. */
async function fillSearch(form: Page): Promise<void> {
  await form.setViewportSize({ width: 2000, height: 1400 })
  await form.fill('.step-field-text', '1 3 10 10')
  await form.click('.step-options summary')
  await form.getByLabel('Samples').fill('4')
}

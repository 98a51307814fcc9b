/** The pages of tasks and agents in a real Chromium, against the real server. */
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserPath, buildStudio, launchBrowser } from '../support/browser.ts'
import { faintTexts } from '../support/contrast.ts'
import { type ScriptedModel, scriptedModel, words } from '../support/scripted-model.ts'
import { openPage, textOf, textsOf } from '../support/studio-page.ts'
import { serveStudio, type StudioServer } from '../support/studio-server.ts'
import { hostile, misspelt, source, studioAgents, studioTasks } from '../support/studio-steps.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts'

describe.skipIf(browserPath === undefined)('the pages of tasks and agents', () => {
  let folder: TemporaryFolder
  let browser: Browser
  let server: StudioServer
  let model: ScriptedModel

  beforeAll(async () => {
    folder = await temporaryFolder()
    buildStudio(folder.path)
    browser = await launchBrowser()
    model = scriptedModel({
      name: 'scripted',
      answer: ({ messages }) => {
        const long = JSON.stringify(messages).includes('something long')
        return words(...Array.from({ length: long ? 2000 : 30 }, (_, index) => `word${index} `))
      },
      msPerEvent: 1,
      // Under the heading of sports the text is the most probable.
      score: (prompt) => (prompt.includes('sports') ? -4 : prompt.includes('science') ? -6 : -8),
    })
    server = await serveStudio({ page: folder.path, models: [model], tasks: studioTasks, agents: studioAgents })
  })

  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  const open = (tab: string, options: BrowserContextOptions = {}) =>
    openPage(browser, `${server.address}/#/${tab}`, '.step-chips a', {
      viewport: { width: 1280, height: 860 },
      ...options,
    })
  const run = async (page: Page) => {
    await page.keyboard.press('Control+Enter')
    await page.waitForSelector('.run-facts [data-status="done"]')
  }
  const example = async (page: Page) => {
    await page.click('.run-actions button:has-text("Example")')
    await run(page)
  }

  it('makes a form of each task, and says what is missing', async () => {
    const { page, problems, close } = await open('tasks/classify')
    await textOf(page, '.run-form h1').toBe('Classify')
    await page.click('.run-form [type=submit]')
    await textsOf(page, '.run-form .problem').toEqual(['Text is needed.', 'Labels is needed.'])
    await page.click('.step-options summary')
    await textsOf(page, '.step-options label').toEqual(
      expect.arrayContaining([expect.stringContaining('Question') as string]),
    )
    expect(model.calls).toEqual([])
    expect(problems).toEqual([])
    await close()
  })

  it('classifies with bars, the most probable first', async () => {
    const { page, problems, close } = await open('tasks/classify')
    await example(page)
    await textsOf(page, '.label-bars-name').toEqual(['sports (chosen)', 'science', 'business', 'politics'])
    await textOf(page, '.label-bars-share').toMatch(/^8\d\.\d %$/)
    await expect.poll(() => page.getAttribute('.label-bars meter', 'value')).toMatch(/^0\.8/)
    expect(problems).toEqual([])
    await close()
  })

  it('takes a dropped file, and refuses one that is no text', async () => {
    const { page, close } = await open('tasks/summarise')
    const drop = (name: string, bytes: number[]) =>
      page.evaluate(
        ([fileName, content]) => {
          const transfer = new DataTransfer()
          transfer.items.add(new File([Uint8Array.from(content as number[])], fileName as string))
          const zone = document.querySelector('.drop-zone')
          zone?.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
        },
        [name, bytes] as const,
      )
    await drop('notes.txt', [...new TextEncoder().encode('Dropped wörds.')])
    await expect.poll(() => page.inputValue('.step-field-text')).toBe('Dropped wörds.')
    await drop('photo.png', [0x89, 0x50, 0xff, 0x00])
    await page.waitForSelector('.drop-zone .problem')
    await textOf(page, '.drop-zone .problem').toContain('photo.png is no text')
    expect(await page.inputValue('.step-field-text')).toBe('Dropped wörds.')
    await close()
  })

  it('shows the place of the source that a sentence of a summary rests on', async () => {
    const { page, problems, close } = await open('tasks/summarise', {
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    await page.fill('.step-field-text', source)
    await run(page)
    const marked = '.marked-source mark[data-active="true"]'
    await page.hover('.supported-sentences button:has-text("62 metres")')
    await textsOf(page, marked).toEqual(['It is 62 metres high.'])
    await page.focus('.supported-sentences button')
    await textsOf(page, marked).toEqual(['The tower of today was built in 1843'])
    await textOf(page, '.supported-sentences').toContain(hostile)
    await page.click('[aria-label="Copy: summary"]')
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toContain('The tower was built in 1843.')
    expect(problems).toEqual([])
    await close()
  })

  it('shows corrections in their text, and copies those that are taken', async () => {
    const { page, problems, close } = await open('tasks/correct', {
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    await page.fill('.step-field-text', misspelt)
    await run(page)
    await textsOf(page, '.correction').toEqual(['gogoes', 'TheirThere'])
    await page.click('.correction >> nth=1')
    await textOf(page, '.correction-foot [role="status"]').toBe('1 of 2 corrections taken.')
    await page.click('[aria-label="Copy: corrections"]')
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(misspelt.replace('go', 'goes'))
    expect(problems).toEqual([])
    await close()
  })

  it('shows records as a table whose values lead to their places', async () => {
    const { page, problems, close } = await open('tasks/extract')
    await page.click('.run-actions button:has-text("Example")')
    await page.fill('.step-field-text', source)
    await run(page)
    await textsOf(page, '.records th').toEqual(['Built', 'Height', 'Owner'])
    await page.hover('.record-value:has-text("62 metres")')
    await textsOf(page, '.marked-source mark[data-active="true"]').toEqual(['62 metres'])
    await textOf(page, '.record-inferred').toContain(hostile)
    expect(problems).toEqual([])
    await close()
  })

  it('opens what texts have in common', async () => {
    const { page, problems, close } = await open('tasks/insights')
    await example(page)
    await textsOf(page, '.insight-count').toEqual(['2 of 4 texts', '1 of 4 texts'])
    await textsOf(page, '.insight-sentence').toEqual(['The queue is long.', hostile])
    await page.click('.insights summary')
    await textOf(page, '.insights details li').toBe('Text 1 The staff were kind')
    expect(problems).toEqual([])
    await close()
  })

  it('opens the words that an answer rests on', async () => {
    const { page, problems, close } = await open('tasks/answer')
    await example(page)
    await page.click('.citation')
    await textsOf(page, '.marked-source mark[data-active="true"]').toEqual(['It is 62 metres high.'])
    await textOf(page, '.cited-sentence[data-state="unsupported"]').toContain(hostile)
    expect(problems).toEqual([])
    await close()
  })

  it('stops a run, at the server too', async () => {
    const { page, close } = await open('agents/best-of-n')
    await page.fill('.step-field-text', 'Say something long.')
    await page.keyboard.press('Control+Enter')
    await page.waitForSelector('.live-calls li')
    await page.keyboard.press('Escape')
    await page.waitForSelector('.run-facts [data-status="stopped"]')
    await expect.poll(() => model.active()).toBe(0)
    await close()
  })

  it('shows candidates with their scores', async () => {
    const { page, close } = await open('agents/best-of-n')
    await page.fill('.step-field-text', 'Say something.')
    await page.click('.step-options summary')
    await page.fill('.json-editor-text', '[{"kind":"contains","text":"word3"},{"kind":"words","most":3}]')
    await run(page)
    await expect.poll(() => page.locator('.candidates > li').count()).toBe(5)
    await textsOf(page, '.candidate-score').toEqual(Array.from({ length: 5 }, () => expect.stringMatching(/^0\.\d\d$/)))
    await close()
  })

  it('draws a search as a tree that the arrow keys lead through', async () => {
    const { page, problems, close } = await open('agents/lats')
    await page.fill('.step-field-text', 'Make 24 of 4, 9, 10 and 13.')
    await run(page)
    await expect.poll(() => page.locator('.tree-node').count()).toBe(17)
    await expect.poll(() => page.locator('.tree-branch[data-path="true"]').count()).toBe(3)
    await textOf(page, '.node-card code').toBe('6 * 4 = 24')
    await page.focus('.tree-node[tabindex="0"]')
    await page.keyboard.press('ArrowUp')
    await textOf(page, '.node-card code').toBe('13 - 9 = 4')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowDown')
    await textOf(page, '.node-card').toContain('Failed')
    await page.locator('.tree-node:has(.tree-node-note)').click()
    await textOf(page, '.node-card-reflection').toContain('Large sums overshoot')
    expect(problems).toEqual([])
    await close()
  })

  it('asks first for what decides how a task is written, and shows how', async () => {
    const { page, close } = await open('agents/lats')
    await expect.poll(() => page.getAttribute('.step-field-text', 'placeholder')).toBe('4 9 10 13')
    await page.selectOption('.run-form > .step-field select', 'countdown')
    await expect.poll(() => page.getAttribute('.step-field-text', 'placeholder')).toBe('3 5 25 50 -> 190')
    await page.click('.run-actions button:has-text("Example")')
    await expect.poll(() => page.inputValue('.step-field-text')).toBe('3 5 25 50 -> 190')
    expect(await page.inputValue('.run-form > .step-field select')).toBe('countdown')
    await close()
  })

  it('shows what the server refuses as words', async () => {
    const { page, close } = await open('tasks/sentiment')
    const busy = { status: 503, headers: { 'retry-after': '3' }, body: '{"error":{"message":"The server is busy."}}' }
    await page.route('**/v1/tasks/sentiment', (route) => route.fulfill(busy), { times: 1 })
    await page.click('.run-actions button:has-text("Example")')
    await page.keyboard.press('Control+Enter')
    await textOf(page, '.failure-card').toMatch(/The server is busy.*in 3 seconds/)
    await page.click('.failure-card button')
    await page.waitForSelector('.label-bars')
    await close()
  })

  it.each(['light', 'dark'] as const)('can be read, and used at 360 pixels, when it is %s', async (colorScheme) => {
    const { OSTRO_SCREENSHOTS: kept } = process.env
    const { page, close } = await open('tasks/classify', { colorScheme })
    await page.keyboard.press('Control+b')
    for (const view of views) {
      await page.setViewportSize({ width: 1280, height: 900 })
      await page.goto(`${server.address}/#/${view}`)
      await page.waitForSelector(`.step-chips a[href="#/${view}"][aria-current]`)
      await page.click('.run-actions button:has-text("Example")')
      await run(page)
      await expect.poll(() => faintTexts(page), { message: view }).toEqual([])
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 900 })
        await expect.poll(() => beyondTheEdge(page), { message: `${view} at ${width}` }).toEqual([0, 0])
        const name = `${view.replace('/', '-')}-${colorScheme}-${width}.png`
        if (kept) await page.screenshot({ path: join(kept, name) })
      }
    }
    await close()
  })
})

const views = [
  'tasks/classify',
  'tasks/summarise',
  'tasks/answer',
  'tasks/translate',
  'tasks/extract',
  'tasks/insights',
  'agents/reflection',
  'agents/lats',
]

/** Pixels that the page and its scrolling part are wider than there is room. */
function beyondTheEdge(page: Page): Promise<number[]> {
  return page.evaluate(() =>
    [document.documentElement, document.querySelector('.run-scroll')].map((element) =>
      element === null ? Number.NaN : element.scrollWidth - element.clientWidth,
    ),
  )
}

/** The chat page in a real Chromium, against the real server with models that play a script. */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { load } from '../../src/index.ts'
import { browserPath, buildStudio, launchBrowser } from '../support/browser.ts'
import { faintTexts } from '../support/contrast.ts'
import { hostileMarkdown, outside } from '../support/hostile-markdown.ts'
import { realModelPath } from '../support/models.ts'
import { type ScriptedModel, scriptedModel } from '../support/scripted-model.ts'
import { openPage, textOf } from '../support/studio-page.ts'
import { studioAnswer } from '../support/studio-script.ts'
import { serveStudio, type StudioServer } from '../support/studio-server.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts'

const waitMs = 30_000

describe.skipIf(browserPath === undefined)('the chat page', () => {
  let folder: TemporaryFolder
  let browser: Browser
  let server: StudioServer
  let model: ScriptedModel
  let base: ScriptedModel

  beforeAll(async () => {
    folder = await temporaryFolder()
    buildStudio(folder.path)
    browser = await launchBrowser()
    model = scriptedModel({ name: 'scripted', answer: studioAnswer, msPerEvent: 1 })
    base = scriptedModel({ name: 'scripted-base', kind: 'base', answer: studioAnswer })
    server = await serveStudio({ page: folder.path, models: [model, base] })
  })

  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  const open = (options: BrowserContextOptions = {}) =>
    openPage(browser, server.address, '.model-picker-name:has-text("scripted")', options)
  const send = async (page: Page, text: string) => {
    await page.fill('#composer', text)
    await page.press('#composer', 'Enter')
  }
  const answered = (page: Page, count = 1) =>
    page.waitForFunction((wanted) => document.querySelectorAll('.answer-facts').length >= wanted, count)
  const lastCall = () => model.calls.at(-1)

  it('loads at most 400 kB at first, compressed', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    const sizes: Promise<number>[] = []
    page.on('response', (response) => sizes.push(response.body().then((body) => gzipSync(body).length)))
    await page.goto(server.address, { waitUntil: 'networkidle' })
    const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
    expect(sizes.length).toBeGreaterThan(3)
    expect(total).toBeLessThan(400_000)
    await context.close()
  })

  it('streams an answer in Markdown, with what it cost', async () => {
    const { page, problems, close } = await open()
    await send(page, 'Why is the sky blue?')
    await answered(page)
    expect(await page.textContent('.user-bubble')).toBe('Why is the sky blue?')
    expect(await page.textContent('.assistant-turn table td')).toBe('Red')
    expect(await page.textContent('.code-block .code-keyword')).toBe('def')
    expect(await page.textContent('.answer-facts')).toMatch(/tokens\/s.*s to first.*tokens.*in context|\/ 1,024/)
    expect(problems).toEqual([])
    await close()
  })

  it('patches a growing answer in place: what has come stays the same element', async () => {
    const { page, close } = await open()
    await send(page, 'count')
    await page.waitForSelector('.markdown-block p')
    const kept = await page.evaluateHandle(() => document.querySelector('.markdown-block p')?.firstChild)
    await page.waitForFunction(() => (document.querySelector('.markdown-block')?.textContent?.length ?? 0) > 400)
    expect(await kept.evaluate((node) => node?.isConnected)).toBe(true)
    await page.keyboard.press('Escape')
    await close()
  })

  it('stops an answer, at the server too, and keeps what has come', async () => {
    const { page, close } = await open()
    await send(page, 'count')
    await page.waitForFunction(() => document.querySelector('.markdown')?.textContent?.includes('20 '))
    await page.click('[aria-label="Stop the answer"]')
    await page.waitForSelector('.end-note')
    expect(await page.textContent('.assistant-turn .markdown')).toMatch(/^1 2 3/)
    await expect.poll(() => model.active()).toBe(0)
    await close()
  })

  it('copies an answer and a block of code', async () => {
    const { page, close } = await open({ permissions: ['clipboard-read', 'clipboard-write'] })
    await send(page, 'Why is the sky blue?')
    await answered(page)
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await page.click('.code-copy')
    await page.waitForSelector('.code-copy:has-text("Copied")')
    expect(await copied()).toMatch(/^def scattering.*\n {4}"""Relative/)
    await page.click('[aria-label="Copy the answer"]')
    await expect.poll(copied).toContain('### In numbers')
    await close()
  })

  it('gives another answer and switches between both', async () => {
    const { page, close } = await open()
    await send(page, 'say:one')
    await answered(page)
    await page.click('.regenerate-button')
    await page.waitForSelector('.branch-switch')
    await answered(page)
    await textOf(page, '.branch-switch').toBe('2/2')
    await page.click('[aria-label="Previous version"]')
    await textOf(page, '.branch-switch').toBe('1/2')
    expect(lastCall()?.messages).toHaveLength(1)
    await close()
  })

  it('edits a message as a branch and keeps the old one', async () => {
    const { page, close } = await open()
    await send(page, 'say:first')
    await answered(page)
    await page.press('#composer', 'ArrowUp')
    await page.fill('[aria-label="Edit the message"]', 'say:second')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.assistant-turn:has-text("second")')
    await answered(page)
    expect(lastCall()?.messages?.map(({ content }) => content)).toEqual(['say:second'])
    await page.click('.user-turn [aria-label="Previous version"]')
    await textOf(page, '.assistant-turn .markdown').toMatch(/^first\s*$/)
    await close()
  })

  it('sends every setting, and what was not set not at all', async () => {
    const { page, close } = await open()
    await page.keyboard.press('Control+,')
    await page.fill('.settings textarea', 'Be brief')
    await page.fill('label:text-is("Max tokens") + input', '7')
    await page.fill('label:text-is("Seed") + input', '3')
    await page.locator('.slider-field input').first().fill('0.5')
    await send(page, 'say:hi')
    await answered(page)
    expect(lastCall()?.options).toMatchObject({ temperature: 0.5, maxTokens: 7, seed: 3 })
    expect(lastCall()?.messages?.[0]).toEqual({ role: 'system', content: 'Be brief' })
    await page.fill('label:text-is("Seed") + input', 'x')
    await textOf(page, '.settings .problem').toContain('whole number')
    await close()
  })

  it('asks for an answer that fits a schema, and refuses to send what is none', async () => {
    const { page, close } = await open()
    await page.keyboard.press('Control+,')
    await page.click('.segments label:has-text("Schema")')
    await send(page, 'a review')
    await answered(page)
    expect(lastCall()?.options.format).toMatchObject({ type: 'json-schema', schema: { type: 'object' } })
    expect(await page.textContent('.code-block .code-property')).toBe('"title"')
    await page.fill('.json-editor-text', '{\n "type": }')
    await textOf(page, '.json-editor .problem').toMatch(/^Line 2/)
    await send(page, 'again')
    await textOf(page, '.failure-message').toContain('The JSON schema cannot be sent')
    await close()
  })

  it('runs the functions of the page and goes on with their results', async () => {
    const { page, close } = await open()
    await page.click('.ideas button:has-text("Call a function")')
    await page.waitForSelector('.assistant-turn:has-text("The function says")')
    expect(await page.textContent('.tool-card code')).toBe('calculator')
    expect(await page.textContent('.tool-json >> nth=1')).toContain('4183')
    expect(lastCall()?.messages?.at(-1)).toMatchObject({ role: 'tool', content: '{"result":4183}' })
    await close()
  })

  it('defines a function, shows its call and takes a result by hand', async () => {
    const { page, close } = await open()
    await page.keyboard.press('Control+,')
    await page.click('.tool-buttons button:has-text("Function")')
    await page.fill('.tool-form-name', 'get weather')
    await expect.poll(() => page.isDisabled('.tool-form [type=submit]')).toBe(true)
    await page.fill('.tool-form-name', 'get_weather')
    await page.click('.tool-form [type=submit]')
    await page.selectOption('.select-field select', 'tool:get_weather')
    await send(page, 'How is the weather?')
    await page.waitForSelector('.tool-result-form')
    expect(lastCall()?.options.toolChoice).toEqual({ name: 'get_weather' })
    expect(await page.textContent('.tool-json')).toContain('Genoa, Italy')
    await page.fill('.tool-result-form textarea', 'sunny')
    await page.press('.tool-result-form textarea', 'Control+Enter')
    await page.waitForSelector('.assistant-turn:has-text("The function says: sunny")')
    expect(lastCall()?.options.toolChoice).toBe('auto')
    await close()
  })

  it('folds what the model thought', async () => {
    const { page, close } = await open()
    await send(page, 'Think about it')
    await answered(page)
    await textOf(page, '.reasoning summary').toMatch(/Thought for/)
    await expect.poll(() => page.isVisible('.reasoning .markdown')).toBe(false)
    await page.click('.reasoning summary')
    await textOf(page, '.reasoning .markdown').toContain('Rayleigh')
    await close()
  })

  it('continues a text in another colour, with probabilities under the pointer and the caret', async () => {
    const { page, problems, close } = await open()
    await page.keyboard.press('Alt+2')
    await page.fill('.sheet-field', 'When the ostro')
    await page.keyboard.press('Control+Enter')
    await page.waitForFunction(() => document.querySelectorAll('.sheet-token').length > 15)
    await page.waitForSelector('.sheet-actions button:has-text("Continue")')
    const colours = await page.$$eval('.sheet-copy > span', (spans) =>
      spans.slice(0, 2).map((span) => getComputedStyle(span).color),
    )
    expect(colours[0]).not.toBe(colours[1])
    const box = await page.locator('.sheet-token').nth(2).boundingBox()
    await page.mouse.move((box?.x ?? 0) + 6, (box?.y ?? 0) + 6)
    await page.waitForSelector('.token-card')
    expect(await page.textContent('.token-card-head')).toMatch(/␣the.*30\.1 %.*log-probability -1\.20/)
    expect(await page.locator('.token-card li').count()).toBe(5)
    // A rival instead: what came after it is written anew.
    await page.click('.token-card li:has-text("still") button')
    await page.waitForFunction(() =>
      document.querySelector<HTMLTextAreaElement>('.sheet-field')?.value.includes('blew for still blew'),
    )
    // Back at once, while it still runs: nothing is added to the old text.
    await page.keyboard.press('Alt+z')
    await page.waitForSelector('.sheet-actions button:has-text("Continue")')
    expect(await page.inputValue('.sheet-field')).toMatch(/^When the ostro blew for the third day/)
    await page.press('.sheet-field', 'Control+Home')
    for (let i = 0; i < 16; i++) await page.keyboard.press('ArrowRight')
    await page.waitForSelector('.token-card:has-text("␣blew")')
    expect(problems).toEqual([])
    await close()
  })

  it('lays the letters of the field exactly over those of the copy', async () => {
    const { page, close } = await open({ viewport: { width: 420, height: 800 } })
    await page.goto(`${server.address}/#/complete`)
    await page.fill('.sheet-field', 'AVATAR To the WAVES, fi fl ffi. '.repeat(12))
    await page.keyboard.press('Control+Enter')
    await page.waitForFunction(() => document.querySelectorAll('.sheet-token').length > 15)
    await page.waitForSelector('.sheet-actions button:has-text("Continue")')
    const heights = await page.evaluate(() => {
      const field = document.querySelector<HTMLTextAreaElement>('.sheet-field')
      const copy = document.querySelector('.sheet-copy')
      return [field?.scrollHeight, field?.clientHeight, copy?.scrollHeight]
    })
    expect(heights[0]).toBe(heights[1])
    expect(heights[0]).toBe(heights[2])
    await close()
  })

  it('is dark or light as the system says, until the user chooses', async () => {
    const { page, close } = await open({ colorScheme: 'dark' })
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const dark = await paper()
    await page.click('[aria-label="Switch to light"]')
    expect(dark).toBe('rgb(18, 22, 21)')
    await expect.poll(paper).toBe('rgb(246, 246, 242)')
    await page.reload()
    await expect.poll(paper).toBe('rgb(246, 246, 242)')
    await close()
  })

  it('keeps chats over a reload; renames, finds, exports and deletes them', async () => {
    const { page, close } = await open()
    await send(page, 'say:alpha')
    await answered(page)
    await page.keyboard.press('Control+Shift+O')
    await send(page, 'say:omega')
    await answered(page)
    await expect.poll(() => keptAnswers(page)).toBe(2)
    await page.reload()
    await page.waitForSelector('.assistant-turn:has-text("omega")')
    await expect.poll(() => page.locator('.chat-row').count()).toBe(2)
    await page.keyboard.press('Control+k')
    await page.keyboard.type('alpha')
    await expect.poll(() => page.locator('.chat-row').count()).toBe(1)
    await page.click('.chat-row-more', { force: true })
    await page.click('.row-menu button:has-text("Rename")')
    await page.fill('.chat-row-name', 'The first one')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.chat-row:has-text("The first one")')
    await page.click('.chat-row-more', { force: true })
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.click('.row-menu button:has-text("Markdown")'),
    ])
    expect(download.suggestedFilename()).toBe('The-first-one.md')
    await page.click('.chat-row-more', { force: true })
    await page.click('.row-menu button:has-text("Delete")')
    await page.click('dialog button:text-is("Delete")')
    await page.fill('[type=search]', '')
    await expect.poll(() => page.locator('.chat-row').count()).toBe(1)
    await close()
  })

  it('keeps what is typed right after a new chat was asked for', async () => {
    const { page, close } = await open()
    await send(page, 'say:alpha')
    await answered(page)
    const typed = await page.evaluate(async () => {
      const keys = { key: 'O', ctrlKey: true, shiftKey: true, bubbles: true, cancelable: true }
      document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', keys))
      await Promise.resolve()
      const composer = () => document.querySelector<HTMLTextAreaElement>('#composer')
      composer()?.focus()
      document.execCommand('insertText', false, 'say:omega')
      await new Promise((resolve) => setTimeout(resolve, 100))
      return composer()?.value
    })
    expect(typed).toBe('say:omega')
    await page.press('#composer', 'Enter')
    await page.waitForSelector('.assistant-turn:has-text("omega")')
    expect(await page.locator('.assistant-turn').count()).toBe(1)
    await close()
  })

  it('searches with the letters that follow the shortcut at once', async () => {
    const { page, close } = await open()
    const focused = await page.evaluate(() => {
      const keys = { key: 'k', ctrlKey: true, bubbles: true, cancelable: true }
      document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', keys))
      return document.activeElement?.getAttribute('type')
    })
    expect(focused).toBe('search')
    await close()
  })

  it('says what is wrong and what to do, and tries again', async () => {
    const { page, close } = await open()
    await page.route('**/v1/chat/completions', (route) => route.abort(), { times: 1 })
    await send(page, 'say:hello')
    await textOf(page, '.failure-card').toMatch(/does not answer.*npm start/)
    await page.click('.failure-card button')
    await page.waitForSelector('.assistant-turn:has-text("hello")')
    const busy = { status: 429, headers: { 'retry-after': '7' }, body: '{"error":{"message":"The queue is full."}}' }
    await page.route('**/v1/chat/completions', (route) => route.fulfill(busy), { times: 1 })
    await send(page, 'say:again')
    await textOf(page, '.failure-card').toMatch(/The queue is full.*in 7 seconds/)
    await close()
  })

  it('asks for a key when the server wants one', async () => {
    const keys = {
      required: async () => true,
      identify: async (key: string) => (key === 'right' || key === 'page' ? 'tester' : undefined),
    }
    await using locked = await serveStudio({ page: folder.path, models: [model], keys })
    const context = await browser.newContext({ extraHTTPHeaders: { 'x-api-key': 'page' } })
    const page = await context.newPage()
    page.setDefaultTimeout(waitMs)
    // The page itself passes; what it asks for is refused until it has the key.
    await page.route('**/v1/**', (route) => {
      const { 'x-api-key': _known, ...headers } = route.request().headers()
      return route.continue({ headers })
    })
    await page.goto(locked.address)
    await page.fill('dialog input[type=password]', 'right')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.model-picker-name:has-text("scripted")')
    await send(page, 'say:open')
    await page.waitForSelector('.assistant-turn:has-text("open")')
    await context.close()
  })

  it('can be used without a mouse, and lists its shortcuts', async () => {
    const { page, close } = await open()
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
    await page.keyboard.press('?')
    await expect
      .poll(() => page.locator('.shortcut-list dt').allTextContents())
      .toEqual(expect.arrayContaining(['New chat', 'Stop the answer', 'Another answer', 'Dark or light']))
    await page.keyboard.press('Escape')
    await expect.poll(() => page.locator('dialog').count()).toBe(0)
    await page.keyboard.press('/')
    await page.keyboard.type('say:by keyboard')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.assistant-turn:has-text("by keyboard")')
    await page.focus('.model-picker-button')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[role=menuitemradio]:focus')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await textOf(page, '.model-picker-name').toBe('scripted-base')
    expect(await namelessControls(page)).toEqual([])
    await close()
  })

  it.each(['light', 'dark'] as const)('can be read in every view when it is %s', async (colorScheme) => {
    const { page, close } = await open({ colorScheme, viewport: { width: 1280, height: 820 } })
    const readable = async (view: string) => {
      // Colours may still be on their way.
      await expect.poll(() => faintTexts(page), { message: view }).toEqual([])
      // For the eye: OSTRO_SCREENSHOTS names a folder that keeps what was looked at.
      const { OSTRO_SCREENSHOTS: kept } = process.env
      if (kept) await page.screenshot({ path: join(kept, `${view}-${colorScheme}.png`) })
    }
    await readable('welcome')
    await send(page, 'Think about it')
    await answered(page)
    await page.click('.reasoning summary')
    await send(page, 'Why is the sky blue?')
    await answered(page, 2)
    await readable('chat')
    await page.click('[aria-label="Settings"]')
    await page.click('.tool-buttons button:has-text("calculator")')
    await page.click('.segments label:has-text("Schema")')
    await page.fill('.json-editor-text', '{')
    await page.waitForSelector('.json-editor .problem')
    await readable('settings')
    await send(page, 'refused')
    await page.waitForSelector('.failure-card')
    await readable('failure')
    await page.keyboard.press('Alt+2')
    await page.fill('.sheet-field', 'When the ostro')
    await page.keyboard.press('Control+Enter')
    await page.waitForFunction(() => document.querySelectorAll('.sheet-token').length > 15)
    await page.click('.shade-toggle')
    await page.hover('.sheet-token', { force: true })
    await page.waitForSelector('.token-card')
    await readable('completion')
    await close()
  })

  it('fits 360 pixels without a horizontal scroll bar, in every view', async () => {
    const { page, close } = await open({ viewport: { width: 360, height: 700 }, hasTouch: true })
    const fits = () => expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
    const tap = async (text: string) => {
      await page.fill('#composer', text)
      await page.click('.composer-send')
    }
    await fits()
    await tap('Why is the sky blue?')
    await answered(page)
    await fits()
    await page.click('.page-head [aria-label="Sidebar"]')
    await fits()
    await page.click('.veil', { position: { x: 350, y: 300 } })
    await page.click('[aria-label="Settings"]')
    await page.click('.segments label:has-text("Schema")')
    await page.click('.tool-buttons button:has-text("calculator")')
    await fits()
    await page.click('.settings-head [aria-label="Close the settings"]')
    await tap('What is 47 times 89?')
    await answered(page, 2)
    await fits()
    await page.goto(`${server.address}/#/complete`)
    await page.fill('.sheet-field', 'A'.repeat(300))
    await page.click('.sheet-actions .button-primary')
    await page.waitForSelector('.sheet-token')
    await fits()
    await close()
  })

  it(
    `shows ${hostileMarkdown.length} hostile texts: no script runs, nothing is asked for elsewhere`,
    { timeout: 300_000 },
    async () => {
      const { page, problems, close } = await open()
      const perMessage = 40
      for (let start = 0; start < hostileMarkdown.length; start += perMessage) {
        const text = hostileMarkdown.slice(start, start + perMessage).join('\n\n')
        await page.evaluate(() => void (location.hash = '/chat'))
        await page.waitForSelector('.welcome')
        await send(page, `say:${text}`)
        await answered(page)
        expect(await dangerousParts(page)).toEqual([])
      }
      await page.mouse.move(640, 300)
      expect(problems).toEqual([])
      expect(outside).not.toBe(server.address)
      await close()
    },
  )

  it('takes titles, answers and results as text', async () => {
    const { page, problems, close } = await open()
    const vector = '<img src=x onerror=alert(1)>'
    await send(page, `say:${vector}`)
    await answered(page)
    await textOf(page, '.chat-row a').toBe(`say:${vector}`)
    expect((await page.textContent('.assistant-turn .markdown'))?.trim()).toBe(vector)
    await page.keyboard.press('Control+,')
    await page.click('.tool-buttons button:has-text("Function")')
    await page.fill('.tool-form-name', 'lookup')
    await page.click('.tool-form [type=submit]')
    await send(page, 'look it up')
    await page.fill('.tool-result-form textarea', vector)
    await page.click('.tool-result-form [type=submit]')
    await page.waitForSelector('.assistant-turn:has-text("The function says")')
    expect(await page.textContent('.tool-json >> nth=1')).toContain(vector)
    expect(await dangerousParts(page)).toEqual([])
    expect(problems).toEqual([])
    await close()
  })
})

const smollm2 = browserPath === undefined ? undefined : await realModelPath('smollm2')

describe.skipIf(smollm2 === undefined)('the chat page on SmolLM2', () => {
  it('chats, answers in a schema, and continues with real probabilities', async () => {
    await using folder = await temporaryFolder()
    buildStudio(folder.path)
    await using model = await load(smollm2 ?? '', { context: 2048 })
    await using server = await serveStudio({ page: folder.path, models: [model] })
    const browser = await launchBrowser()
    const page = await browser.newPage()
    page.setDefaultTimeout(120_000)
    await page.goto(server.address)
    await page.click('[aria-label="Settings"]')
    await page.locator('.slider-field input').first().fill('0')
    await page.fill('#composer', 'What is the capital of France?')
    await page.press('#composer', 'Enter')
    await page.waitForSelector('.answer-facts')
    expect(await page.textContent('.assistant-turn .markdown')).toMatch(/\w/)
    expect(await page.textContent('.answer-facts')).toMatch(/tokens\/s.* \/ 2,048/)

    await page.keyboard.press('Control+Shift+O')
    await page.click('.ideas button:has-text("JSON schema")')
    await page.waitForSelector('.answer-facts')
    const review: unknown = JSON.parse((await page.textContent('.code-block code')) ?? '')
    expect(review).toMatchObject({ title: expect.any(String), rating: expect.any(Number), topics: expect.any(Array) })

    await page.keyboard.press('Alt+2')
    await page.fill('.sheet-field', 'The capital of France is')
    await page.locator('.slider-field input').first().fill('0')
    await page.keyboard.press('Control+Enter')
    await page.waitForSelector('.sheet-actions button:has-text("Stop")')
    await page.waitForSelector('.sheet-actions button:has-text("Continue")')
    await page.hover('.sheet-token', { force: true })
    expect(await page.textContent('.token-card-head')).toMatch(/␣Paris.*log-probability -0\.\d\d/)
    expect(await page.locator('.token-card li').count()).toBe(5)
    await browser.close()
  })
})

/** How many chats lie in the page's database with a whole answer. */
function keptAnswers(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const request = <Result>(asked: IDBRequest<Result>) =>
      new Promise<Result>((resolve, reject) => {
        asked.onsuccess = () => resolve(asked.result)
        asked.onerror = () => reject(asked.error ?? new Error('no database'))
      })
    const database = await request(indexedDB.open('ostro'))
    const chats = await request(database.transaction('chats').objectStore('chats').getAll())
    database.close()
    return chats.filter((chat) => JSON.stringify(chat).includes('"status":"done"')).length
  })
}

/** Elements and attributes that a text must never bring onto the page. */
function dangerousParts(page: Page): Promise<string[]> {
  return page.$$eval('.thread *', (elements) => {
    const tags =
      'script,img,svg:not(.icon):not(.gauge),iframe,object,embed,link,style,meta,base,form:not(.tool-result-form),video,audio,math,input,template'
    return elements.flatMap((element) => {
      const attributes = [...element.attributes].filter(({ name, value }) => {
        if (name.startsWith('on') || name === 'style' || name === 'srcdoc') return true
        return (name === 'href' || name === 'src') && !/^(https?:|mailto:|#)/i.test(value)
      })
      const bad = element.matches(tags) ? [element.tagName] : []
      return [...bad, ...attributes.map(({ name, value }) => `${element.tagName} ${name}=${value}`)]
    })
  })
}

/** Buttons, fields and links that a screen reader could not name. */
function namelessControls(page: Page): Promise<string[]> {
  return page.$$eval('button, input, textarea, select, a[href]', (controls) =>
    controls
      .filter((control) => {
        const labels = (control as HTMLInputElement).labels
        const named = control.getAttribute('aria-label') || control.textContent?.trim()
        return !named && (labels === null || labels === undefined || labels.length === 0)
      })
      .map((control) => control.outerHTML.slice(0, 120)),
  )
}

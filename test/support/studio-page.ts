/** A page of the studio in a fresh profile, with what goes wrong on it: errors, dialogs, requests to elsewhere. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'

const waitMs = 30_000

export interface OpenedPage {
  readonly page: Page
  readonly problems: readonly string[]
  readonly close: () => Promise<void>
}

/** @param ready what is there when the page can be used */
export async function openPage(
  browser: Browser,
  address: string,
  ready: string,
  options: BrowserContextOptions,
): Promise<OpenedPage> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(waitMs)
  const problems: string[] = []
  const { origin } = new URL(address)
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('blob:'))
      problems.push(`request: ${request.url()}`)
  })
  await page.goto(address)
  await page.waitForSelector(ready)
  return { page, problems, close: () => context.close() }
}

/** What an element says, once it says it. */
export const textOf = (page: Page, selector: string) => expect.poll(() => page.textContent(selector))

/** What all elements say, once they say it. */
export const textsOf = (page: Page, selector: string) => expect.poll(() => page.locator(selector).allTextContents())

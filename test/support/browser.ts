/** What the tests in a browser share: where Chromium is, and the package as it would be published. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright-core'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Undefined (and a line that says so) where there is no browser. */
export const browserPath: string | undefined = findOrWarn()

export function launchBrowser(): Promise<Browser> {
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']
  return chromium.launch({ executablePath: browserPath ?? '', args: ['--no-sandbox', '--disable-gpu', ...quiet] })
}

/** As `npm run build`, but into a folder of the test's own: what is in `dist` may be old. */
export function buildPackage(into: string): void {
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
  const built = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', join(into, 'dist')], {
    cwd: root,
    encoding: 'utf8',
  })
  if (!existsSync(join(into, 'dist/index.js'))) throw new Error(`the package could not be built:\n${built.stdout}`)
}

/** The chat page, bundled into a folder of the test's own. */
export function buildStudio(into: string): void {
  const bundler = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js')
  const args = [bundler, 'build', '--outDir', into, '--emptyOutDir', '--logLevel', 'warn']
  const built = spawnSync(process.execPath, args, { cwd: join(root, 'studio'), encoding: 'utf8' })
  if (built.status !== 0) throw new Error(`the chat page could not be built:\n${built.stdout}${built.stderr}`)
}

function findOrWarn(): string | undefined {
  const found = findBrowser()
  if (found === undefined) console.warn('SKIPPED: tests in a browser. Install chromium, or name one in OSTRO_CHROMIUM.')
  return found
}

export function findBrowser(): string | undefined {
  const { OSTRO_CHROMIUM: named } = process.env
  if (named) return named
  return ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
}

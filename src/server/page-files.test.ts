import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary.ts'
import { createPageFiles } from './page-files.node.ts'

it('serves the files of its folder and nothing else', async () => {
  await using folder = await temporaryFolder()
  const root = join(folder.path, 'dist')
  await mkdir(join(root, 'assets'), { recursive: true })
  await writeFile(join(root, 'index.html'), '<p>page</p>')
  await writeFile(join(root, 'assets', 'a b.js'), 'script')
  await writeFile(join(root, '.hidden'), 'hidden')
  await writeFile(join(folder.path, 'secret'), 'secret')
  await mkdir(join(folder.path, 'dist-other'))
  await writeFile(join(folder.path, 'dist-other', 'x'), 'other')
  const page = createPageFiles(root)

  const index = await page('/')
  expect(await index?.text()).toBe('<p>page</p>')
  expect(index?.headers.get('content-security-policy')).toMatch(/^default-src 'self';/)
  expect(index?.headers.get('cache-control')).toBe('no-cache')
  const asset = await page('/assets/a%20b.js')
  expect([await asset?.text(), asset?.headers.get('content-type')]).toEqual([
    'script',
    'text/javascript; charset=utf-8',
  ])
  expect(asset?.headers.get('cache-control')).toContain('immutable')

  const attacks = [
    '/../secret',
    '/assets/../../secret',
    '/%2e%2e/secret',
    '/..%2fsecret',
    '/assets/%2e%2e%2f%2e%2e%2fsecret',
    '/..\\secret',
    '/..%5csecret',
    '/../dist-other/x',
    '//etc/passwd',
    '/%00',
    '/index.html%00.js',
    '/.hidden',
    '/C:/secret',
    '/%E0%A4%A',
    '/assets',
    '/index.html/x',
    '/none',
  ]
  for (const path of attacks) expect([path, await page(path)]).toEqual([path, undefined])
})

it('says how to build the page where it is not built', async () => {
  await using folder = await temporaryFolder()
  const page = createPageFiles(join(folder.path, 'none'))
  expect(await (await page('/'))?.text()).toContain('npm start')
  expect(await page('/assets/a.js')).toBeUndefined()
})

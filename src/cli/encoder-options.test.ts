import { afterEach, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary.ts'
import { lendEncoder } from './encoder-options.ts'
import type { Output } from './output.ts'

afterEach(() => vi.unstubAllEnvs())

it('goes by words where the default encoder cannot be fetched, and says so; one that was named has to be there', async () => {
  await using folder = await temporaryFolder()
  vi.stubEnv('OSTRO_HOME', folder.path)
  vi.stubEnv('PIP_INDEX_URL', 'http://127.0.0.1:9/simple')
  vi.stubEnv('PIP_RETRIES', '0')
  const notes: string[] = []
  const output = {
    json: false,
    note: (text: string) => notes.push(text),
    progress: () => ({ update: () => {}, end: () => {} }),
  } as unknown as Output
  const { signal } = new AbortController()
  expect(await lendEncoder({}, output, signal)).toBeUndefined()
  expect(notes.join('\n')).toContain('by words alone')
  await expect(lendEncoder({ encoder: 'minilm:l6' }, output, signal)).rejects.toMatchObject({ code: 'network' })
  notes.length = 0
  expect(await lendEncoder({ words: true, encoder: 'minilm:l6' }, output, signal)).toBeUndefined()
  expect(notes).toEqual([])
})

import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary.ts'
import { changeKeys, createKeyReader, readKeys } from './key-file.node.ts'

const key = (id: string) => ({ id, sha256: 'ab'.repeat(32), createdAt: '2026-01-01T00:00:00.000Z' })

it('keeps keys for its owner only, and a reader sees every change', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'new', 'keys.json')
  const read = createKeyReader(path)
  expect(await read()).toEqual([])
  await changeKeys(path, (records) => [...records, key('a')])
  expect(await read()).toEqual([key('a')])
  expect((await stat(path)).mode & 0o077).toBe(0)
  await changeKeys(path, () => [])
  expect(await read()).toEqual([])
})

it('loses no key where several are added at once', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'keys.json')
  const names = ['a', 'b', 'c', 'd']
  await Promise.all(names.map((name) => changeKeys(path, (records) => [...records, key(name)])))
  expect((await readKeys(path)).map(({ id }) => id).toSorted()).toEqual(names)
})

it.each(['', '{', '[]', '{"version":2,"keys":[]}', '{"version":1,"keys":[{"id":"a","sha256":"x","createdAt":""}]}'])(
  'a damaged file %j is an error, not an open door, and stays as it is',
  async (text) => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'keys.json')
    await writeFile(path, text)
    const read = createKeyReader(path)
    for (let attempt = 0; attempt < 2; attempt++) await expect(read()).rejects.toMatchObject({ code: 'invalid-file' })
    await expect(changeKeys(path, (records) => records)).rejects.toMatchObject({ code: 'invalid-file' })
    expect(await readFile(path, 'utf8')).toBe(text)
  },
)

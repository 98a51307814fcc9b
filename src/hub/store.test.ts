import { existsSync } from 'node:fs'
import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary.ts'
import { catalogue } from './catalogue.ts'
import { folderOf, homeOf, listModels, removeModel, resolveModel } from './store.ts'

async function place(home: string, name: string, main = 'm.gguf'): Promise<string> {
  const directory = join(home, 'models', folderOf(name))
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, main), 'abc')
  const files = [{ path: main, sizeBytes: 3, sha256: 'a'.repeat(64) }]
  const manifest = { version: 1, name, kind: 'instruct', source: 's', pulledAt: '2026-01-01T00:00:00Z', main, files }
  await writeFile(join(directory, 'manifest.json'), JSON.stringify(manifest))
  return directory
}

test('lists, resolves and removes', async () => {
  await using home = await temporaryFolder()
  const options = { home: home.path }
  const directory = await place(home.path, 'smollm2:135m')
  await place(home.path, 'hf:a/b/c.safetensors', 'model.safetensors')
  expect((await listModels(options)).map(({ name }) => name)).toEqual(['hf:a/b/c.safetensors', 'smollm2:135m'])
  expect(await resolveModel('SmolLM2:135M', options)).toMatchObject({ path: join(directory, 'm.gguf'), format: 'gguf' })
  expect(await resolveModel('hf:a/b/c.safetensors', options)).toMatchObject({ format: 'safetensors' })
  expect(await removeModel('smollm2:135m', options)).toMatchObject({ freedBytes: expect.any(Number) })
  expect(existsSync(directory)).toBe(false)
  expect(await resolveModel('smollm2:135m', options)).toBeUndefined()
  await expect(removeModel('smollm2:135m', options)).rejects.toMatchObject({ code: 'not-found' })
})

test('a path is used where it lies and is never removed', async () => {
  await using home = await temporaryFolder()
  const path = join(home.path, 'mine.gguf')
  await writeFile(path, 'x')
  expect(await resolveModel(path, { home: home.path })).toMatchObject({
    path,
    name: 'mine.gguf',
    kind: undefined,
    sizeBytes: 1,
  })
  await expect(removeModel(path, { home: home.path })).rejects.toMatchObject({ code: 'not-found' })
  for (const hostile of ['../..', '..', '.', '/', '', 'models']) {
    await expect(removeModel(hostile, { home: home.path })).rejects.toMatchObject({ code: 'not-found' })
  }
  expect(existsSync(path)).toBe(true)
})

test('removing follows no link', async () => {
  await using home = await temporaryFolder()
  await using elsewhere = await temporaryFolder()
  const real = await place(elsewhere.path, 'smollm2:135m')
  await mkdir(join(home.path, 'models'))
  await symlink(real, join(home.path, 'models', folderOf('smollm2:135m')))
  await removeModel('smollm2:135m', { home: home.path })
  expect(await readFile(join(real, 'm.gguf'), 'utf8')).toBe('abc')
})

test('a file that was cut behind our back counts as absent, a broken manifest is an error', async () => {
  await using home = await temporaryFolder()
  const directory = await place(home.path, 'smollm2:135m')
  await truncate(join(directory, 'm.gguf'), 1)
  expect(await resolveModel('smollm2:135m', { home: home.path })).toBeUndefined()
  await writeFile(join(directory, 'manifest.json'), '{"version":1,"name":"x","files":[{"path":"../x","sizeBytes":1}]}')
  await expect(resolveModel('smollm2:135m', { home: home.path })).rejects.toMatchObject({ code: 'invalid-file' })
  await removeModel('smollm2:135m', { home: home.path })
  expect(existsSync(directory)).toBe(false)
})

test('a model whose name left the catalogue can still be removed', async () => {
  await using home = await temporaryFolder()
  const directory = await place(home.path, 'smollm2:135m')
  const manifest = await readFile(join(directory, 'manifest.json'), 'utf8')
  await writeFile(join(directory, 'manifest.json'), manifest.replace('smollm2:135m', 'retired:1b'))
  await removeModel('retired:1b', { home: home.path })
  expect(existsSync(directory)).toBe(false)
})

test('folders are readable and unique', () => {
  const folders = [...catalogue.map((entry) => entry.name), 'hf:a/b/c.gguf', 'hf:a/b-c.gguf/x', 'hf:a/b/c.GGUF'].map(
    folderOf,
  )
  expect(new Set(folders).size).toBe(folders.length)
  for (const folder of folders) expect(folder).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)
})

test('the home is OSTRO_HOME, else a cache folder', () => {
  expect(homeOf({ env: { OSTRO_HOME: '/x' } })).toBe('/x')
  expect(homeOf({ home: '/y', env: { OSTRO_HOME: '/x' } })).toBe('/y')
  expect(homeOf({ env: { XDG_CACHE_HOME: '/c' } })).toMatch(/ostro$/)
})

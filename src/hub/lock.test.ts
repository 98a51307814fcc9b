import { readdir, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary.ts'
import { acquireLock } from './lock.ts'

test('one holder at a time, whoever asks', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'lock')
  let holders = 0
  let most = 0
  const turn = async (): Promise<void> => {
    const lock = await acquireLock(path)
    most = Math.max(most, ++holders)
    await new Promise((resolve) => setTimeout(resolve, 5))
    holders--
    await lock.release()
  }
  await Promise.all(Array.from({ length: 8 }, turn))
  expect(most).toBe(1)
  expect(await readdir(folder.path)).toEqual([])
})

test('a dead process holds nothing, however many want its lock', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'lock')
  // Above the largest pid of any system.
  await writeFile(path, JSON.stringify({ pid: 2 ** 30, host: hostname(), token: 'x' }))
  let holders = 0
  const turn = async (): Promise<void> => {
    const lock = await acquireLock(path)
    expect(++holders).toBe(1)
    holders--
    await lock.release()
  }
  await Promise.all(Array.from({ length: 6 }, turn))
})

test('another machine that gave no sign of life for long holds nothing; one that did is waited for', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'lock')
  await writeFile(path, JSON.stringify({ pid: 1, host: 'elsewhere', token: 'x' }))
  const waits: (number | undefined)[] = []
  const stop = new AbortController()
  const waiting = acquireLock(path, { signal: stop.signal, onWait: (pid) => void (waits.push(pid), stop.abort()) })
  await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
  expect(waits).toEqual([1])
  const longAgo = new Date(Date.now() - 120_000)
  await utimes(path, longAgo, longAgo)
  await (await acquireLock(path)).release()
})

test('a lock without a name is waited for, then taken', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'lock')
  await writeFile(path, '')
  const stop = new AbortController()
  const waiting = acquireLock(path, { signal: stop.signal, onWait: () => stop.abort() })
  await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
  const longAgo = new Date(Date.now() - 120_000)
  await utimes(path, longAgo, longAgo)
  await (await acquireLock(path)).release()
})

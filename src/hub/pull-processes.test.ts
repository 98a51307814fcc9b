/** Several processes, and processes that die: what is lost, what is fetched twice. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { hubFile, type HubServer, noise, sha256Of, startHubServer } from '../../test/support/hub-server.ts'
import { temporaryFolder } from '../../test/support/temporary.ts'
import { chunkBytes } from './download.ts'
import type { PullEvent } from './pull-context.ts'
import { resolveModel } from './store.ts'

const mebibyte = 1 << 20
const uri = 'hf:o/r/m.gguf'
const path = '/o/r/resolve/main/m.gguf'
const script = fileURLToPath(new URL('../../test/support/pull-child.ts', import.meta.url))

function startPull(server: HubServer, home: string, connections = 4) {
  const child = spawn(process.execPath, [script, uri, String(connections)], {
    env: { PATH: process.env['PATH'], OSTRO_HOME: home, HF_ENDPOINT: server.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const events: PullEvent[] = []
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  createInterface({ input: child.stdout }).on('line', (line) => events.push(JSON.parse(line) as PullEvent))
  const reached = async (bytes: number): Promise<void> => {
    const received = (): number => {
      const last = events.findLast((event) => event.type === 'download-progress')
      return last?.receivedBytes ?? 0
    }
    while (received() < bytes && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { child, events, exited, reached }
}

test.each([1, 4, 8])('kill -9 with %i connections loses one chunk at most', async (connections) => {
  const bytes = noise(48 * mebibyte + 777)
  await using folder = await temporaryFolder()
  await using server = await startHubServer(hubFile(path, bytes, { pauseMs: 3 * connections }))
  const first = startPull(server, folder.path, connections)
  await first.reached(20 * mebibyte)
  first.child.kill('SIGKILL')
  expect(await first.exited).toBeNull()
  expect(await resolveModel(uri, { home: folder.path })).toBeUndefined()
  const sentToFirst = server.sentBytes()
  expect(sentToFirst).toBeGreaterThan(20 * mebibyte)
  expect(sentToFirst).toBeLessThan(bytes.length)

  const second = startPull(server, folder.path, connections)
  expect(await second.exited).toBe(0)
  const start = second.events.find((event) => event.type === 'download-start')
  expect(start?.resumedBytes).toBeGreaterThan(12 * mebibyte)
  const model = await resolveModel(uri, { home: folder.path })
  expect(sha256Of(await readFile(model?.path ?? ''))).toBe(sha256Of(bytes))
  expect(server.sentBytes() - bytes.length).toBeLessThanOrEqual(chunkBytes)
  expect(await readdir(join(folder.path, 'partial'))).toEqual([])
})

test('killed again and again it still arrives', async () => {
  const bytes = noise(48 * mebibyte)
  await using folder = await temporaryFolder()
  await using server = await startHubServer(hubFile(path, bytes, { pauseMs: 4 }))
  for (const target of [6, 16, 30, 40]) {
    const run = startPull(server, folder.path)
    await run.reached(target * mebibyte)
    run.child.kill('SIGKILL')
    await run.exited
  }
  expect(await startPull(server, folder.path).exited).toBe(0)
  const model = await resolveModel(uri, { home: folder.path })
  expect(sha256Of(await readFile(model?.path ?? ''))).toBe(sha256Of(bytes))
})

test('two processes download once', async () => {
  const bytes = noise(24 * mebibyte)
  await using folder = await temporaryFolder()
  await using server = await startHubServer(hubFile(path, bytes, { pauseMs: 2 }))
  const runs = [startPull(server, folder.path), startPull(server, folder.path)]
  expect(await Promise.all(runs.map((run) => run.exited))).toEqual([0, 0])
  expect(server.sentBytes()).toBeLessThan(bytes.length + 10)
  const ends = runs.flatMap((run) => run.events.filter((event) => event.type === 'pull-end'))
  expect(ends.map((event) => event.cached).toSorted()).toEqual([false, true])
  expect(runs.flatMap((run) => run.events).some((event) => event.type === 'lock-wait')).toBe(true)
})

test('a waiting process takes over from one that is killed', async () => {
  const bytes = noise(32 * mebibyte)
  await using folder = await temporaryFolder()
  await using server = await startHubServer(hubFile(path, bytes, { pauseMs: 4 }))
  const first = startPull(server, folder.path)
  await first.reached(8 * mebibyte)
  const second = startPull(server, folder.path)
  while (!second.events.some((event) => event.type === 'lock-wait'))
    await new Promise((resolve) => setTimeout(resolve, 5))
  first.child.kill('SIGKILL')
  expect(await second.exited).toBe(0)
  expect(server.sentBytes() - bytes.length).toBeLessThanOrEqual(chunkBytes)
})

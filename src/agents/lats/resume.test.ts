/** D5 of the published defects: parents mutated in shared state, nothing kept. Ours goes on after a kill -9 as if nothing had happened. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { searchOnce, seededModel } from '../../../test/support/search/lats-child.ts'
import { resultOf } from '../../tools/steps/run.ts'
import { gameOf24 } from '../environments/numbers-environment.ts'
import { lats } from '../lats.ts'
import {
  forkSearch,
  latestRows,
  memorySearchStore,
  restoreSearch,
  type SearchCommit,
  type SearchStore,
} from './rows.ts'
import { openSqliteSearch } from './sqlite-store.node.ts'

const child = fileURLToPath(new URL('../../../test/support/search/lats-child.ts', import.meta.url))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostro-search-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function uninterrupted(parallel: number): Promise<readonly SearchCommit[]> {
  const store = memorySearchStore()
  await searchOnce(store, parallel)
  return store.commits
}

/** What many commits come to. */
function merged(commits: readonly SearchCommit[]): SearchCommit {
  const last = commits.at(-1)
  if (last === undefined) throw new Error('a commit expected')
  return { ...last, rows: latestRows(commits) }
}

async function storedIn(store: SearchStore): Promise<SearchCommit | undefined> {
  return (await store.load())[0]
}

function runKilled(file: string, commits: number, parallel: number): Promise<NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    const killed = spawn(process.execPath, [child, file, String(commits), String(parallel)], { stdio: 'inherit' })
    killed.on('error', reject)
    killed.on('exit', (_, signal) => resolve(signal))
  })
}

describe('a search that is killed', () => {
  it('goes on after each of its commits to the same tree, bit for bit', async () => {
    const parallel = 3
    const whole = await uninterrupted(parallel)
    expect(whole.length).toBe(11)
    const runs = whole.slice(0, -1).map(async (_, at) => {
      const file = join(folder, `killed-${at}.sqlite`)
      expect(await runKilled(file, at + 1, parallel)).toBe('SIGKILL')
      using store = openSqliteSearch(file)
      expect(await storedIn(store)).toEqual(merged(whole.slice(0, at + 1)))
      await searchOnce(store, parallel)
      return storedIn(store)
    })
    for (const stored of await Promise.all(runs)) expect(stored).toEqual(merged(whole))
  })

  it('would come to another tree if it forgot what was in flight', async () => {
    const parallel = 3
    const whole = await uninterrupted(parallel)
    const forgetful = whole.slice(0, 6).map((commit) => ({ ...commit, inFlight: [], issued: commit.applied }))
    const store = memorySearchStore(forgetful)
    await searchOnce(store, parallel)
    expect(latestRows(store.commits)).not.toEqual(latestRows(whole))
  })

  it('refuses a file that holds no search', async () => {
    const file = join(folder, 'other')
    writeFileSync(file, 'no database, but long enough to be looked at as one'.repeat(50))
    expect(() => openSqliteSearch(file)).toThrow(expect.objectContaining({ code: 'store-unavailable' }))
    const [first] = await uninterrupted(1)
    for (const rows of [[], first.rows.slice(1)]) {
      using store = openSqliteSearch(':memory:')
      await store.commit({ ...first, rows })
      await expect(searchOnce(store, 1)).rejects.toMatchObject({ code: 'store-unavailable' })
    }
  })

  it('refuses to go on with another task', async () => {
    using store = openSqliteSearch(':memory:')
    await searchOnce(store, 1)
    const other = resultOf(lats(seededModel(), gameOf24(), [4, 9, 10, 13], { store }))
    await expect(other).rejects.toThrow('a search of another task')
  })

  it('keeps in its file that values were found to say nothing, and what led to the root of a fork', async () => {
    const [first, second] = await uninterrupted(1)
    using store = openSqliteSearch(':memory:')
    const history = [{ action: '5 + 5', observation: '10' }]
    await store.commit({ ...first, history })
    await store.commit({ ...second, valueDistrusted: true })
    const tree = restoreSearch(await store.load())?.tree
    expect([tree?.history, tree?.valueDistrusted]).toEqual([history, true])
  })

  it('goes on where a budget ended it, to the tree of one with a larger budget', async () => {
    const run = (store: ReturnType<typeof memorySearchStore>, modelCalls: number) =>
      resultOf(
        lats(seededModel(), gameOf24(), [1, 1, 1, 1], { store, hedge: 0, iterations: 9, budget: { modelCalls } }),
      )
    const once = memorySearchStore()
    expect((await run(once, 500)).reason).toBe('budget-rounds')
    const twice = memorySearchStore()
    expect((await run(twice, 60)).reason).toBe('budget-modelCalls')
    expect((await run(twice, 500)).reason).toBe('budget-rounds')
    expect(latestRows(twice.commits)).toEqual(latestRows(once.commits))
  })
})

describe('a fork', () => {
  it('searches from any node, with what is known below it and told what led there', async () => {
    const whole = await uninterrupted(1)
    const tree = restoreSearch(whole)?.tree
    const from = tree?.root.children.find(({ children }) => children.length > 1)
    if (from === undefined) throw new Error('a child with children expected')
    const store = memorySearchStore([forkSearch(whole, from.id)])
    const forked = restoreSearch(store.commits)?.tree
    expect(forked?.root).toMatchObject({ snapshot: from.snapshot, visits: from.visits, rewards: from.rewards })
    expect(forked?.root.children.map(({ action }) => action)).toEqual(from.children.map(({ action }) => action))

    const model = seededModel()
    const result = await resultOf(lats(model, gameOf24(), [5, 5, 7, 11], { store, hedge: 0, iterations: 4 }))
    expect(result.best?.steps[0]?.action).toBe(from.action)
    expect(result.best?.steps).toHaveLength(3)
    expect(model.requests.every(({ text }) => text.includes(from.observation))).toBe(true)
  })

  it('refuses a node that is not there', async () => {
    expect(() => forkSearch([], 1)).toThrow('forkSearch')
  })
})

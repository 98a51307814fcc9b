import { describe, expect, it } from 'vitest'
import type { Batch } from '../tensor/device.ts'
import { OstroError } from '../util/error.ts'
import { createScheduler, type Lane, type LaneRoom, type RunRequest } from './scheduler.ts'

const chunkTokens = 32
const width = 2

/** Rows tell which token they belong to: [sequence, token]. */
function scripted(room: Partial<LaneRoom> = {}, maxRows = 8) {
  const batches: Batch[] = []
  const forgotten: Lane[] = []
  let poison: number | undefined
  const program = {
    run: (batch: Batch) => {
      batches.push(batch)
      if (poison !== undefined && batch.tokens.includes(poison)) throw new OstroError('device', 'poisoned')
      const rows = Array.from(batch.rows, (row) => [batch.sequences[row], batch.tokens[row]])
      return new Map([['logits', Float32Array.from(rows.flat())]])
    },
  }
  const all: LaneRoom = { reserve: () => true, forget: (lane) => void forgotten.push(lane), ...room }
  const scheduler = createScheduler(program, all, { chunkTokens, maxRows })
  let slots = 0
  const lane = (): Lane => ({ slot: slots, age: slots++, tokens: [], heldTokens: 0 })
  const run = (on: Lane, tokens: readonly number[], others: Partial<RunRequest> = {}) =>
    scheduler.run({ lane: on, tokens, rows: 'last', output: 'logits', ...others })
  /** How many tokens of each sequence every run took. */
  const shares = (): Record<number, number>[] =>
    batches.map(({ sequences }) => {
      const share: Record<number, number> = {}
      for (const slot of sequences) share[slot] = (share[slot] ?? 0) + 1
      return share
    })
  return { scheduler, batches, forgotten, lane, run, shares, poisonWith: (token: number) => (poison = token) }
}

const count = (length: number): number[] => Array.from({ length }, (_, index) => index)

async function readAll({ run }: Pick<ReturnType<typeof scripted>, 'run'>, lane: Lane, tokens: readonly number[]) {
  for (let at = 0; at < tokens.length;) at += (await run(lane, tokens.slice(at))).readTokens
}

describe('scheduler', () => {
  it('runs what waits together, and hands everybody its own rows', async () => {
    const s = scripted()
    const lanes = [s.lane(), s.lane(), s.lane()]
    const results = await Promise.all(lanes.map((lane, index) => s.run(lane, [10 + index, 20 + index])))
    expect(s.batches).toHaveLength(1)
    expect(results.map(({ readTokens, rows }) => [readTokens, ...(rows ?? [])])).toEqual([
      [2, 0, 20],
      [2, 1, 21],
      [2, 2, 22],
    ])
    expect(lanes.map(({ tokens, heldTokens }) => [tokens, heldTokens])).toEqual([
      [[10, 20], 2],
      [[11, 21], 2],
      [[12, 22], 2],
    ])
    await s.run(lanes[1], [7])
    expect([...s.batches[1].positions, ...s.batches[1].sequences]).toEqual([2, 1])
  })

  it('takes every step first, so that a long prompt stalls nobody by more than one run', async () => {
    const s = scripted()
    const [prompt, ...streams] = [s.lane(), s.lane(), s.lane()]
    const long = readAll(s, prompt, count(200))
    const steps = streams.map(async (lane) => {
      for (let step = 0; step < 5; step++) await s.run(lane, [step])
    })
    await Promise.all([long, ...steps])
    expect(s.shares().slice(0, 6)).toEqual([
      ...new Array<Record<number, number>>(5).fill({ 0: chunkTokens - 2, 1: 1, 2: 1 }),
      { 0: chunkTokens },
    ])
  })

  it('serves prompts in turn', async () => {
    const s = scripted()
    const lanes = [s.lane(), s.lane(), s.lane()]
    await Promise.all(lanes.map((lane) => readAll(s, lane, count(3 * chunkTokens))))
    const firsts = s.batches.map(({ sequences }) => sequences[0])
    expect(firsts.slice(0, 6)).toEqual([0, 1, 2, 0, 1, 2])
    expect(Math.max(...s.batches.map(({ tokens }) => tokens.length))).toBe(chunkTokens)
  })

  it('asks the program for no more rows than it has room for', async () => {
    const s = scripted({}, 3)
    const lanes = Array.from({ length: 5 }, () => s.lane())
    const whole = s.run(s.lane(), count(20), { rows: 'all' })
    const results = await Promise.all(lanes.map((lane) => s.run(lane, [1])))
    expect(results.every(({ rows }) => rows?.length === width)).toBe(true)
    expect((await whole).rows?.length).toBe(width * (await whole).readTokens)
    expect(Math.max(...s.batches.map(({ rows }) => rows.length))).toBe(3)
    // The last token waits for a row, what comes before it does not.
    const narrow = scripted({}, 1)
    const [first, second] = await Promise.all([narrow.run(narrow.lane(), [1, 2]), narrow.run(narrow.lane(), [3, 4])])
    expect([first.readTokens, second.readTokens, second.rows]).toEqual([2, 1, undefined])
  })

  it('drops a request whose signal fires while it waits, in every phase', async () => {
    const s = scripted()
    const lane = s.lane()
    await expect(s.run(lane, [1], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
    const waiting = new AbortController()
    const dropped = s.run(lane, [1], { signal: waiting.signal })
    waiting.abort()
    await expect(dropped).rejects.toMatchObject({ code: 'aborted' })
    const between = new AbortController()
    const other = s.lane()
    const [piece] = await Promise.all([s.run(lane, count(40), { signal: between.signal }), s.run(other, [3])])
    expect(piece.readTokens).toBe(chunkTokens - 1)
    const rest = s.run(lane, count(9), { signal: between.signal })
    const beside = s.run(other, [4])
    between.abort()
    await expect(rest).rejects.toMatchObject({ code: 'aborted' })
    await beside
    expect(s.shares()).toEqual([{ 0: chunkTokens - 1, 1: 1 }, { 1: 1 }])
    expect(lane.tokens).toHaveLength(chunkTokens - 1)
  })

  it('finds the one that makes a run fail; the others notice nothing', async () => {
    const s = scripted()
    const lanes = [s.lane(), s.lane(), s.lane()]
    s.poisonWith(66)
    const results = await Promise.allSettled([s.run(lanes[0], [1]), s.run(lanes[1], [66]), s.run(lanes[2], [3])])
    expect(
      results.map((result) => (result.status === 'fulfilled' ? [...(result.value.rows ?? [])] : 'failed')),
    ).toEqual([[0, 1], 'failed', [2, 3]])
    expect(s.forgotten).toEqual([lanes[1]])
    expect((await s.run(lanes[0], [5])).rows).toEqual(Float32Array.of(0, 5))
  })

  it('lets one wait for pages while others go on, and refuses one that can never have them', async () => {
    let open = false
    const s = scripted({
      reserve: (lane, length) => {
        if (length > 1000) throw new OstroError('out-of-memory', 'never')
        return lane.slot !== 0 || open
      },
    })
    const [blocked, free] = [s.lane(), s.lane()]
    let done = false
    const later = s.run(blocked, [1]).then(() => (done = true))
    for (let step = 0; step < 3; step++) await s.run(free, [step])
    expect([done, s.batches.length]).toEqual([false, 3])
    open = true
    s.scheduler.wake()
    await later
    const huge = s.lane()
    huge.tokens.push(...count(1000))
    huge.heldTokens = 1000
    const [refused, fine] = await Promise.allSettled([s.run(huge, [1]), s.run(free, [9])])
    expect([refused.status, fine.status]).toEqual(['rejected', 'fulfilled'])
  })

  it('runs tokens again that were taken from a lane before it goes on', async () => {
    const s = scripted()
    const lane = s.lane()
    await readAll(s, lane, count(40))
    lane.heldTokens = 0
    const { readTokens, rows } = await s.run(lane, [77])
    expect([readTokens, ...(rows ?? [])]).toEqual([1, 0, 77])
    expect(s.batches.slice(-2).map(({ positions }) => [positions[0], positions.length])).toEqual([
      [0, chunkTokens],
      [chunkTokens, 41 - chunkTokens],
    ])
    expect(lane.tokens).toEqual([...count(40), 77])
  })
})

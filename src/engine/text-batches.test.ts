/** Whole texts in runs: what is packed with what, what each gets back, and what happens on abort and failure. */
import { describe, expect, it } from 'vitest'
import type { Batch, Program } from '../tensor/device.ts'
import { createTextRunner, type EncodedText, pagesOfRuns } from './text-batches.ts'

interface FakeProgram extends Pick<Program, 'run' | 'caches'> {
  readonly batches: Batch[]
  readonly pages: Map<string, number>
}

/** Outputs [R, 2]: the token and its position. */
function fakeProgram(fail: (batch: Batch) => boolean = () => false): FakeProgram {
  const batches: Batch[] = []
  const pages = new Map<string, number>()
  return {
    batches,
    pages,
    run(batch) {
      batches.push(batch)
      if (fail(batch)) throw new Error('broken')
      const pairs = Array.from(batch.rows, (row) => [batch.tokens[row], batch.positions[row]])
      return new Map([['hidden.norm', Float32Array.from(pairs.flat())]])
    },
    caches: {
      groups: [],
      setPage: (_: number, sequence: number, index: number, page: number) => pages.set(`${sequence}:${index}`, page),
    } as unknown as Program['caches'],
  }
}

const text = (length: number, first = 0): EncodedText => ({
  tokens: Array.from({ length }, (_, index) => first + index),
})
const { signal } = new AbortController()

describe('createTextRunner', () => {
  it('gives every text its rows, whatever it ran beside', async () => {
    const program = fakeProgram()
    const runner = createTextRunner(program, { chunkTokens: 16, slots: 4 })
    const texts = [text(3, 100), text(9, 200), text(16, 300), text(1, 400), text(5, 500)]
    const all = new Map<number, number[]>()
    const first = new Map<number, number[]>()
    const take = (into: Map<number, number[]>) => (index: number, rows: Float32Array) =>
      void into.set(index, Array.from(rows))
    await Promise.all([
      runner.run({ texts, rows: 'all', output: 'hidden.norm', take: take(all), signal }),
      runner.run({ texts, rows: 'first', output: 'hidden.norm', take: take(first), signal }),
    ])
    texts.forEach(({ tokens }, index) => {
      expect(all.get(index)).toEqual(tokens.flatMap((token, position) => [token, position]))
      expect(first.get(index)).toEqual([tokens[0], 0])
    })
    // In the order of the requests, the longest text first, the rest of each run filled with what fits.
    expect(program.batches.map(({ tokens }) => tokens.length)).toEqual([16, 9 + 5 + 1 + 1, 3 + 9 + 3, 16, 5])
  })

  it('keeps texts apart: slots, last positions, segments and pages of their own', async () => {
    const program = fakeProgram()
    const options = { chunkTokens: 200, slots: 3 }
    const runner = createTextRunner(program, options)
    const texts = [text(65), { ...text(64), segments: new Array<number>(64).fill(1) }, text(2), text(1)]
    await runner.run({ texts, rows: 'first', output: 'hidden.norm', take: () => {}, signal })
    const [batch] = program.batches
    expect(program.batches.map(({ rows }) => rows.length)).toEqual([3, 1])
    expect(Array.from(batch.rows)).toEqual([0, 65, 129])
    expect(Array.from(batch.lasts ?? []).filter((_, at) => batch.rows.includes(at))).toEqual([64, 63, 1])
    expect(batch.segments?.reduce((sum, segment) => sum + segment, 0)).toBe(64)
    const used = [...program.pages.values()]
    expect(new Set(used).size).toBe(used.length)
    expect(Math.max(...used)).toBeLessThan(pagesOfRuns(options))
  })

  it('stops at an abort and goes on with others', async () => {
    const controller = new AbortController()
    const program = fakeProgram(() => {
      controller.abort()
      return false
    })
    const runner = createTextRunner(program, { chunkTokens: 4, slots: 4 })
    const taken: number[] = []
    const stopped = runner.run({
      texts: [text(4), text(4), text(4)],
      rows: 'all',
      output: 'hidden.norm',
      take: (index) => taken.push(index),
      signal: controller.signal,
    })
    const other = runner.run({ texts: [text(4)], rows: 'all', output: 'hidden.norm', take: () => {}, signal })
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
    await other
    expect(taken).toEqual([0])
    expect(program.batches).toHaveLength(2)
  })

  it('tells a failing run to whose texts were in it, and only to them', async () => {
    const program = fakeProgram(({ tokens }) => tokens.includes(666))
    const runner = createTextRunner(program, { chunkTokens: 4, slots: 4 })
    const run = (one: EncodedText) =>
      runner.run({ texts: [one], rows: 'all', output: 'hidden.norm', take: () => {}, signal })
    const results = await Promise.allSettled([run(text(4)), run(text(4, 664)), run(text(4))])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    await runner.run({ texts: [], rows: 'all', output: 'hidden.norm', take: () => {}, signal })
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { groupCaches, pageTokens } from '../../tensor/index.ts'
import { measureStates, placeStates } from '../../tensor/state-slots.ts'
import { OstroError } from '../../util/error.ts'
import { createPagedSequences } from './paged-sequences.ts'
import type { PageTables } from './paged-sequences.ts'

const maxTokens = 150
const allWindows = [undefined, 70]

/** A device that remembers a stamp per position of each page. */
function stampDevice(
  sequences: number,
  pages: number,
  checkpoints = 0,
  windows: readonly (number | undefined)[] = allWindows,
) {
  const cacheSpecs = windows.map((window) => ({ kvHeads: 2, headDim: 4, window }))
  const groups = groupCaches(cacheSpecs, { maxTokens, cache: { pages, sequences, type: 'f32' } })
  const stores = groups.map((group) => new Float64Array(group.pages * pageTokens).fill(NaN))
  const tables = groups.map(() => new Map<string, number>())
  const place = (group: number, sequence: number, position: number): number => {
    const page = tables[group].get(`${sequence}:${Math.floor(position / pageTokens)}`) ?? NaN
    return page * pageTokens + (position % pageTokens)
  }
  const caches: PageTables = {
    groups,
    setPage: (group, sequence, index, page) => void tables[group].set(`${sequence}:${index}`, page),
    copyPage: (group, from, to) =>
      void stores[group].copyWithin(to * pageTokens, from * pageTokens, (from + 1) * pageTokens),
  }
  // One number is the whole state: the stamp of the last token.
  const specs = checkpoints === 0 ? [] : [{ name: 'last', shape: [1] }]
  const slots = sequences + checkpoints
  const states = placeStates(specs, slots, new Float32Array(slots * measureStates(specs).length))
  return {
    device: { caches, states },
    states,
    write: (group: number, sequence: number, position: number, stamp: number) => {
      stores[group][place(group, sequence, position)] = stamp
    },
    read: (group: number, sequence: number, position: number) => stores[group][place(group, sequence, position)],
  }
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('open' as const) }),
  fc.record({ kind: fc.constant('append' as const), which: fc.nat(9), count: fc.integer({ min: 1, max: maxTokens }) }),
  fc.record({ kind: fc.constant('fork' as const), which: fc.nat(9) }),
  fc.record({
    kind: fc.constant('truncate' as const),
    which: fc.nat(9),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({ kind: fc.constant('back' as const), which: fc.nat(9), count: fc.integer({ min: 0, max: pageTokens }) }),
  fc.record({ kind: fc.constant('checkpoint' as const), which: fc.nat(9) }),
  fc.record({ kind: fc.constant('close' as const), which: fc.nat(9) }),
)

describe('paged sequences', () => {
  it.each([
    { name: 'attention', checkpoints: 0, windows: allWindows },
    { name: 'a recurrence', checkpoints: 3, windows: [] },
    { name: 'both', checkpoints: 3, windows: allWindows },
  ])('$name: gives each sequence back what was written to it, whatever is forked, cut and closed', (model) => {
    const { checkpoints, windows } = model
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 4, max: 40 }), (steps, pages) => {
        const { device, states, write, read } = stampDevice(4, pages, checkpoints, windows)
        const state = createPagedSequences(device, { sequences: 4, cacheBytes: 1000 })
        const shadow = new Map<number, number[]>()
        let stamp = 0
        const pick = (which: number) => [...shadow.keys()][which % Math.max(1, shadow.size)]
        for (const action of steps) {
          if (action.kind === 'open') {
            if (shadow.size < 4) shadow.set(state.open(), [])
            else expect(() => state.open()).toThrow(OstroError)
            continue
          }
          const sequence = pick(action.which)
          const stamps = shadow.get(sequence)
          if (stamps === undefined) continue
          if (action.kind === 'append') {
            const before = state.freePages
            const to = stamps.length + action.count
            const error = thrownBy(() => state.reserve(sequence, to))
            if (error !== undefined) {
              expect(error).toMatchObject({ code: 'out-of-memory' })
              expect(state.freePages).toEqual(before)
              expect(state.length(sequence)).toBe(stamps.length)
              continue
            }
            for (let position = stamps.length; position < to; position++) {
              stamp++
              windows.forEach((_, group) => write(group, sequence, position, stamp))
              if (checkpoints > 0) states.write(0, sequence, Float32Array.of(stamp))
              stamps.push(stamp)
            }
            // Each query of this run sees its window.
            windows.forEach((window, group) => {
              const first = window === undefined ? 0 : Math.max(0, to - action.count - window + 1)
              for (let at = first; at < to; at++) expect(read(group, sequence, at)).toBe(stamps[at])
            })
          } else if (action.kind === 'fork') {
            if (shadow.size < 4) shadow.set(state.fork(sequence), [...stamps])
          } else if (action.kind === 'checkpoint') {
            state.checkpoint(sequence)
            if (checkpoints > 0 && stamps.length > 0)
              expect(state.restorable(sequence, stamps.length)).toBe(stamps.length)
          } else if (action.kind === 'close') {
            state.close(sequence)
            shadow.delete(sequence)
          } else {
            const back = action.kind === 'back' ? action.count : Math.floor(stamps.length * action.share)
            const wanted = Math.max(0, stamps.length - back)
            const length = state.restorable(sequence, wanted)
            expect(length).toBeLessThanOrEqual(wanted)
            if (length < wanted) {
              expect(thrownBy(() => state.truncate(sequence, wanted))).toMatchObject({ code: 'invalid-argument' })
            }
            state.truncate(sequence, length)
            stamps.length = length
          }
          for (const [open, own] of shadow) {
            expect(state.length(open)).toBe(own.length)
            if (checkpoints > 0 && own.length > 0)
              expect(states.read(0, open)).toEqual(Float32Array.of(own[own.length - 1]))
            windows.forEach((window, group) => {
              const first = window === undefined ? 0 : Math.max(0, own.length - window + 1)
              for (let at = first; at < own.length; at++) expect(read(group, open, at)).toBe(own[at])
            })
          }
        }
        for (const sequence of shadow.keys()) state.close(sequence)
        expect(state.freePages).toEqual(device.caches.groups.map((group) => group.pages))
        expect(state.bytes).toBe(0)
      }),
      { numRuns: 150 },
    )
  })

  it('goes back one page behind a window, and refuses to go further', () => {
    const { device } = stampDevice(1, 100)
    const state = createPagedSequences(device, { sequences: 1 })
    const sequence = state.open()
    for (let length = 100; length <= 1000; length += 100) state.reserve(sequence, length)
    state.truncate(sequence, 900 - pageTokens + 100)
    expect(state.restorable(sequence, 900 - pageTokens)).toBe(900 - pageTokens)
    expect(thrownBy(() => state.truncate(sequence, 100))).toMatchObject({ code: 'invalid-argument' })
    state.truncate(sequence, 0)
    state.reserve(sequence, 100)
    expect(state.length(sequence)).toBe(100)
  })

  it('holds long sequences in the few pages of a window', () => {
    const { device } = stampDevice(2, 1000)
    expect(device.caches.groups[1].pages).toBeLessThan(20)
    const state = createPagedSequences(device, { sequences: 2 })
    for (const sequence of [state.open(), state.open()]) {
      for (let length = maxTokens; length <= 20 * maxTokens; length += maxTokens) state.reserve(sequence, length)
    }
    expect(state.freePages[1]).toBeGreaterThanOrEqual(0)
  })

  it('shares pages between forks and counts them once', () => {
    const { device } = stampDevice(3, 30)
    const state = createPagedSequences(device, { sequences: 3, cacheBytes: 3000 })
    const first = state.open()
    state.reserve(first, 100)
    const bytes = state.bytes
    expect(bytes).toBeGreaterThan(0)
    const second = state.fork(first)
    expect(state.bytes).toBe(bytes)
    state.reserve(second, 101) // the half-filled page is copied
    expect(state.bytes).toBeGreaterThan(bytes)
    state.close(second)
    expect(state.bytes).toBe(bytes)
  })
})

function thrownBy(action: () => void): unknown {
  try {
    action()
    return undefined
  } catch (error) {
    return error
  }
}

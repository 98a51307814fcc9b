/**
 * The host's side of what sequences keep on a device: which page of keys and values each uses where, and copies of recurrent states.
 * Pages are counted, so that forks share what they have in common and a page is copied when one of its owners is about to write into
 * it. Groups with a window give pages back.
 */
import { pageTokens } from '../../tensor/device.ts'
import type { CachePages, Program } from '../../tensor/device.ts'
import { OstroError } from '../../util/error.ts'
import { createCheckpoints } from './checkpoints.ts'
import { createPagePool } from './page-pool.ts'
import type { PagePool } from './page-pool.ts'

export interface PagedSequencesOptions {
  /** Slots of the device: sequences that can be open at once. */
  readonly sequences: number
  /** Bytes of all pages and states on the device (`Program.bytes.cache`); default 0, then `bytes` is 0. */
  readonly cacheBytes?: number
}

/** Sequences are numbers from 0 to `sequences - 1`, as `Batch.sequences` names them. Lengths are in tokens. */
export interface PagedSequences {
  /** An empty sequence. @throws OstroError `out-of-memory` when all are open. */
  open(): number
  close(sequence: number): void
  length(sequence: number): number
  /**
   * Makes room for positions up to `newLength` before they are run, and takes it as the new length. On error nothing has changed.
   * @throws OstroError `out-of-memory` when the pages do not suffice
   */
  reserve(sequence: number, newLength: number): void
  /** A new sequence with the same tokens; shares all pages until one of the two writes. */
  fork(sequence: number): number
  /** Saves the recurrent states as they are now, so that `truncate` can come back here. Without such states it does nothing. */
  checkpoint(sequence: number): void
  /** The greatest length up to `length` that `truncate` can go back to; 0 is always possible. */
  restorable(sequence: number, length: number): number
  /** Forgets the tokens from `newLength` on. @throws OstroError `invalid-argument` unless it is `restorable`: run the tokens again. */
  truncate(sequence: number, newLength: number): void
  /** Bytes of the pages in use, and of the states of open sequences. */
  readonly bytes: number
  /** Pages that are free, by group. */
  readonly freePages: readonly number[]
}

/** One sequence in one group. */
interface Track {
  /** Page of each index; -1 for pages that left the window. */
  readonly pages: number[]
  /** First index that is still there. */
  first: number
}

interface Sequence {
  length: number
  readonly tracks: readonly Track[]
}

/** Groups of pages whose contents only the device knows. */
export type PageTables = Pick<CachePages, 'groups' | 'setPage' | 'copyPage'>

export function createPagedSequences(
  { caches: device, states }: { readonly caches: PageTables; readonly states: Program['states'] },
  options: PagedSequencesOptions,
): PagedSequences {
  const { cacheBytes = 0 } = options
  const pools = device.groups.map(({ pages }) => createPagePool(pages))
  const pageBytes = bytesOfPages(device, Math.max(0, cacheBytes - states.slots * states.slotBytes))
  const recurrent = states.specs.length > 0
  const checkpoints = createCheckpoints(states, options.sequences)
  const slots: (Sequence | undefined)[] = Array.from({ length: options.sequences }, () => undefined)

  const take = (sequence: number): Sequence => {
    const found = slots[sequence]
    if (found !== undefined) return found
    throw new OstroError('invalid-argument', `sequences: expected an open sequence, got ${sequence}.`, { sequence })
  }
  const freeSlot = (): number => {
    const slot = slots.indexOf(undefined)
    if (slot >= 0) return slot
    const message = `sequences: all ${slots.length} are in use. Close one, or load the model with more.`
    throw new OstroError('out-of-memory', message, { sequences: slots.length })
  }

  const restorableLength = (sequence: number, length: number): number => {
    const state = take(sequence)
    if (length >= state.length) return state.length
    const earliest = earliestLength(device, state)
    if (length < earliest) return 0
    return recurrent ? (checkpoints.latest(sequence, earliest, length) ?? 0) : length
  }

  return {
    open() {
      const slot = freeSlot()
      slots[slot] = { length: 0, tracks: pools.map(() => ({ pages: [], first: 0 })) }
      return slot
    },

    close(sequence) {
      take(sequence).tracks.forEach((track, group) => releaseFrom(pools[group], track, 0))
      if (recurrent) checkpoints.close(sequence)
      slots[sequence] = undefined
    },

    length: (sequence) => take(sequence).length,

    reserve(sequence, newLength) {
      const state = take(sequence)
      if (!Number.isSafeInteger(newLength) || newLength < state.length) {
        const message = `sequences: expected a new length of at least ${state.length}, got ${newLength}.`
        throw new OstroError('invalid-argument', message, { sequence, newLength })
      }
      if (newLength === state.length) return
      // A page behind a window is kept, as the devices make room for, so that `truncate` can go back as far.
      const kept = device.groups.map(({ window }) => firstIndexKept(window, state.length, pageTokens))
      state.tracks.forEach((track, group) => {
        const needed = countNewPages(pools[group], track, state.length, newLength)
        const leaving = countLeaving(pools[group], track, kept[group])
        if (needed > pools[group].free + leaving) throw outOfPages(pools[group], needed, newLength)
      })
      state.tracks.forEach((track, group) => {
        releaseBelow(pools[group], track, kept[group])
        extend(device, pools[group], track, { group, sequence, from: state.length, to: newLength })
      })
      state.length = newLength
    },

    fork(sequence) {
      const { length, tracks } = take(sequence)
      const slot = freeSlot()
      const copies = tracks.map(({ pages, first }, group) => {
        for (let index = first; index < pages.length; index++) {
          pools[group].share(pages[index])
          device.setPage(group, slot, index, pages[index])
        }
        return { pages: [...pages], first }
      })
      slots[slot] = { length, tracks: copies }
      if (recurrent) checkpoints.fork(sequence, slot)
      return slot
    },

    checkpoint: (sequence) => {
      if (recurrent) checkpoints.save(sequence, take(sequence).length)
    },

    restorable: (sequence, length) => restorableLength(sequence, length),

    truncate(sequence, newLength) {
      const state = take(sequence)
      if (!Number.isSafeInteger(newLength) || newLength < 0 || newLength > state.length) {
        const message = `sequences: expected a length from 0 to ${state.length}, got ${newLength}.`
        throw new OstroError('invalid-argument', message, { sequence, newLength })
      }
      const restorable = restorableLength(sequence, newLength)
      if (newLength !== restorable) {
        const message = `sequences: cannot go back to ${newLength} tokens, only to ${restorable}. Run the tokens again.`
        throw new OstroError('invalid-argument', message, { sequence, newLength, restorable })
      }
      if (recurrent && newLength < state.length) checkpoints.restore(sequence, newLength)
      state.tracks.forEach((track, group) => {
        releaseFrom(pools[group], track, Math.ceil(newLength / pageTokens))
        if (newLength === 0) track.first = 0
      })
      state.length = newLength
    },

    get bytes() {
      const open = slots.filter((slot) => slot !== undefined).length
      return pools.reduce(
        (sum, pool, group) => sum + (pool.size - pool.free) * pageBytes[group],
        open * states.slotBytes,
      )
    },
    get freePages() {
      return pools.map((pool) => pool.free)
    },
  }
}

/** The first page index that a query at `length`, or up to `slack` tokens before it, can see. */
function firstIndexKept(window: number | undefined, length: number, slack: number): number {
  return window === undefined ? 0 : Math.floor(Math.max(0, length - slack - window + 1) / pageTokens)
}

/** A query at length L sees positions from L - window + 1 on; they must still be there. */
function earliestLength({ groups }: PageTables, { length, tracks }: Sequence): number {
  const bounds = tracks.map(({ first }, group) => {
    const { window } = groups[group]
    return window === undefined || first === 0 ? 1 : first * pageTokens + window - 1
  })
  return Math.min(length, Math.max(1, ...bounds))
}

/** Pages to be taken for positions [from, to): new ones, and a copy of the last one when it is shared and not yet full. */
function countNewPages(pool: PagePool, { pages }: Track, from: number, to: number): number {
  const fresh = Math.ceil(to / pageTokens) - pages.length
  const last = from % pageTokens === 0 ? undefined : pages[Math.floor(from / pageTokens)]
  return fresh + (last !== undefined && pool.owners(last) > 1 ? 1 : 0)
}

function countLeaving(pool: PagePool, { pages, first }: Track, kept: number): number {
  return pages.slice(first, kept).filter((page) => pool.owners(page) === 1).length
}

function extend(
  device: PageTables,
  pool: PagePool,
  { pages }: Track,
  { group, sequence, from, to }: { group: number; sequence: number; from: number; to: number },
): void {
  const index = Math.floor(from / pageTokens)
  if (from % pageTokens !== 0 && pool.owners(pages[index]) > 1) {
    const copy = pool.take()
    device.copyPage(group, pages[index], copy)
    pool.release(pages[index])
    pages[index] = copy
    device.setPage(group, sequence, index, copy)
  }
  while (pages.length * pageTokens < to) {
    device.setPage(group, sequence, pages.length, pages[pages.push(pool.take()) - 1])
  }
}

function releaseBelow(pool: PagePool, track: Track, kept: number): void {
  for (let index = track.first; index < Math.min(kept, track.pages.length); index++) {
    pool.release(track.pages[index])
    track.pages[index] = -1
  }
  track.first = Math.max(track.first, kept)
}

function releaseFrom(pool: PagePool, { pages, first }: Track, from: number): void {
  for (let index = Math.max(first, from); index < pages.length; index++) pool.release(pages[index])
  pages.length = Math.min(pages.length, from)
}

function outOfPages({ size, free }: PagePool, needed: number, newLength: number): OstroError {
  const message = `sequences: ${newLength} tokens need ${needed} more pages of ${pageTokens}, but ${free} of ${size} are free. Close a sequence, or load the model with a larger cache.`
  return new OstroError('out-of-memory', message, { needed, free, pages: size, newLength })
}

function bytesOfPages({ groups }: PageTables, cacheBytes: number): number[] {
  const widths = groups.map(({ caches }) => caches.reduce((sum, { kvHeads, headDim }) => sum + kvHeads * headDim, 0))
  const total = widths.reduce((sum, width, group) => sum + width * groups[group].pages, 0)
  return widths.map((width) => (total === 0 ? 0 : (cacheBytes * width) / total))
}

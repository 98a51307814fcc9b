/**
 * The host's side of an encoder-decoder: sequences of target tokens, each with the memory of the source that it reads. The encoder's
 * program writes a memory, whose pages are copied to the decoder's; sequences that are forked off share them.
 */
import type { CachePages, Program } from '../../tensor/device.ts'
import { pageTokens } from '../../tensor/device.ts'
import { OstroError } from '../../util/error.ts'
import { createPagedSequences } from './paged-sequences.ts'
import type { PageTables } from './paged-sequences.ts'

export interface MemorySequences {
  /**
   * Reads the source and opens an empty sequence that attends to it.
   * @throws OstroError `invalid-argument` for an empty source, `out-of-memory` when all sequences or pages are in use
   */
  open(source: readonly number[]): number
  /** A new sequence with the same tokens and the same memory; shares the pages of both. */
  fork(sequence: number): number
  close(sequence: number): void
  length(sequence: number): number
  /** Makes room for positions up to `newLength` before they are run. @throws OstroError `out-of-memory` */
  reserve(sequence: number, newLength: number): void
  /** What `Batch.lasts` is for the sequence's tokens: the last position of its source. */
  lastOf(sequence: number): number
}

export interface MemorySequencesOptions {
  /** Slots of the decoder: sequences that can be open at once. */
  readonly sequences: number
}

/** `encoder` has one slot; both programs are of one device and keep memories alike. */
export function createMemorySequences(
  encoder: Program,
  decoder: Program,
  { sequences }: MemorySequencesOptions,
): MemorySequences {
  const { groups } = decoder.caches
  const memoryGroup = groups.findIndex(({ memory }) => memory === true)
  const textGroups = groups.flatMap(({ memory }, group) => (memory === true ? [] : [group]))
  const placed = new Map<string, number>()
  const memoryPages = selectGroups(decoder.caches, [memoryGroup], (sequence, index, page) => {
    placed.set(`${sequence}:${index}`, page)
  })
  const noStates = { ...decoder.states, specs: [] }
  const text = createPagedSequences(
    { caches: selectGroups(decoder.caches, textGroups), states: decoder.states },
    { sequences },
  )
  const memory = createPagedSequences({ caches: memoryPages, states: noStates }, { sequences })
  const encode = createEncoder(encoder)

  const openBoth = (): number => {
    const sequence = text.open()
    memory.open()
    return sequence
  }
  const closeBoth = (sequence: number): void => {
    text.close(sequence)
    memory.close(sequence)
  }
  return {
    open(source) {
      const pages = encode(source)
      const sequence = openBoth()
      try {
        memory.reserve(sequence, source.length)
      } catch (error) {
        closeBoth(sequence)
        throw error
      }
      pages.forEach((bytes, index) => {
        decoder.caches.writePage(memoryGroup, placed.get(`${sequence}:${index}`) as number, bytes)
      })
      return sequence
    },
    // Both sides open and close the same slots in the same order, so their numbers agree.
    fork(sequence) {
      const slot = text.fork(sequence)
      memory.fork(sequence)
      return slot
    },
    close: closeBoth,
    length: (sequence) => text.length(sequence),
    reserve: (sequence, newLength) => text.reserve(sequence, newLength),
    lastOf: (sequence) => memory.length(sequence) - 1,
  }
}

/** Runs a source and gives the pages of its memory. */
function createEncoder(program: Program): (source: readonly number[]) => Uint8Array[] {
  const { caches } = program
  const memoryGroup = caches.groups.findIndex(({ memory }) => memory === true)
  const most = Math.min(...caches.groups.map(({ pages }) => pages))
  caches.groups.forEach((_, group) => {
    for (let index = 0; index < most; index++) caches.setPage(group, 0, index, index)
  })
  return (source) => {
    const T = source.length
    if (T === 0 || T > most * pageTokens) {
      const message = `encoder: expected 1 to ${most * pageTokens} source tokens, got ${T}. Give a shorter text, or load with a larger context.`
      throw new OstroError('invalid-argument', message, { tokens: T })
    }
    program.run({
      tokens: Int32Array.from(source),
      positions: Int32Array.from({ length: T }, (_, index) => index),
      sequences: new Int32Array(T),
      lasts: new Int32Array(T).fill(T - 1),
      rows: new Int32Array(0),
    })
    return Array.from({ length: Math.ceil(T / pageTokens) }, (_, index) => caches.readPage(memoryGroup, index))
  }
}

/** The same pages with only some of the groups, numbered from 0; `onPlace` hears of every page that a sequence gets. */
function selectGroups(
  caches: CachePages,
  chosen: readonly number[],
  onPlace: (sequence: number, index: number, page: number) => void = () => {},
): PageTables {
  return {
    groups: chosen.map((group) => caches.groups[group]),
    setPage(group, sequence, index, page) {
      onPlace(sequence, index, page)
      caches.setPage(chosen[group], sequence, index, page)
    },
    copyPage: (group, from, to) => caches.copyPage(chosen[group], from, to),
  }
}

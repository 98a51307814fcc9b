/**
 * The conversations whose keys and values a program keeps. A prompt continues the sequence that shares most with it; one that
 * branches off shares the pages of the common part. The one unused for longest gives way when slots or pages run out.
 */
import { commonPrefix, type Stepper } from '../generate/stepper.ts'
import { createPagedSequences } from '../models/index.ts'
import type { Program } from '../tensor/device.ts'
import { breathe } from '../util/breathe.ts'
import { OstroError } from '../util/error.ts'

export interface Sequence extends Stepper {
  /** Appends tokens and answers an output for the asked ones: [rows, width], a view that is valid until the next run. */
  readonly runRows: (tokens: readonly number[], rows: Int32Array, output: string) => Float32Array
  /** Forgets everything and frees the slot. */
  readonly close: () => void
}

export interface Sequences {
  /** The sequence with the longest common start, or a branch of it; empty where none is worth it. */
  readonly forPrompt: (tokens: readonly number[]) => Sequence
  readonly open: () => Sequence
  /** Forgets all of them. */
  readonly clear: () => void
}

export interface SequencesOptions {
  readonly contextTokens: number
  readonly chunkTokens: number
  readonly vocabularySize: number
  /** Sequences that the device was loaded for. */
  readonly slots: number
}

/** Fewer common tokens than this are not worth a branch: beginnings such as BOS are shared by all. */
const leastSharedTokens = 16

interface Slot {
  readonly id: number
  readonly tokens: number[]
  readonly sequence: Sequence
}

export function createSequences(program: Program, options: SequencesOptions): Sequences {
  const state = createPagedSequences(program.caches, { sequences: options.slots, cacheBytes: program.bytes.cache })
  /** The one used last is at the end. */
  const slots: Slot[] = []

  const close = (slot: Slot): void => {
    state.close(slot.id)
    slots.splice(slots.indexOf(slot), 1)
  }
  const touch = (slot: Slot): Slot => {
    slots.splice(slots.indexOf(slot), 1)
    slots.push(slot)
    return slot
  }
  const evictOldest = (except: Slot | undefined): boolean => {
    const oldest = slots.find((slot) => slot !== except)
    if (oldest === undefined) return false
    close(oldest)
    return true
  }
  const reserve = (slot: Slot, length: number): void => {
    while (true) {
      try {
        return state.reserve(slot.id, length)
      } catch (error) {
        const full = error instanceof OstroError && error.code === 'out-of-memory'
        if (!full || !evictOldest(slot)) throw error
      }
    }
  }
  const addSlot = (id: number, tokens: number[]): Slot => {
    const slot: Slot = { id, tokens, sequence: createSequence(() => slot) }
    slots.push(slot)
    return slot
  }

  const createSequence = (slotOf: () => Slot): Sequence => {
    const runRows: Sequence['runRows'] = (tokens, rows, output) => {
      const slot = slotOf()
      const start = slot.tokens.length
      reserve(slot, start + tokens.length)
      try {
        const outputs = program.run({
          tokens: Int32Array.from(tokens),
          positions: Int32Array.from(tokens, (_, index) => start + index),
          sequences: new Int32Array(tokens.length).fill(slot.id),
          rows,
        })
        slot.tokens.push(...tokens)
        return outputs.get(output) ?? new Float32Array(0)
      } catch (error) {
        // What the device has written of this run is unknown, so nothing of the sequence is kept.
        state.truncate(slot.id, 0)
        slot.tokens.length = 0
        throw error
      }
    }
    return {
      vocabularySize: options.vocabularySize,
      contextTokens: options.contextTokens,
      get tokens() {
        return slotOf().tokens
      },
      run: async (tokens, signal) => {
        await breathe()
        if (signal?.aborted) throw new OstroError('aborted', 'engine: the signal fired before the run.')
        const read = tokens.slice(0, options.chunkTokens)
        if (read.length < tokens.length) {
          runRows(read, new Int32Array(0), 'logits')
          return { readTokens: read.length, logits: undefined }
        }
        return { readTokens: read.length, logits: runRows(read, Int32Array.of(read.length - 1), 'logits') }
      },
      runRows,
      truncate: (length) => {
        const slot = slotOf()
        const kept = length < state.earliestLength(slot.id) ? 0 : length
        state.truncate(slot.id, kept)
        slot.tokens.length = kept
        return kept
      },
      close: () => close(slotOf()),
    }
  }

  const open = (): Sequence => {
    while (slots.length >= options.slots) evictOldest(undefined)
    return addSlot(state.open(), []).sequence
  }

  return {
    open,
    clear: () => {
      while (slots.length > 0) evictOldest(undefined)
    },
    forPrompt: (tokens) => {
      let best: Slot | undefined
      let shared = 0
      for (const slot of slots) {
        const common = commonPrefix(slot.tokens, tokens)
        if (common > shared) {
          best = slot
          shared = common
        }
      }
      if (best === undefined) return open()
      // Running the last prompt token again is no branch.
      if (shared === best.tokens.length || shared === tokens.length) return touch(best).sequence
      if (shared < leastSharedTokens) return open()
      while (slots.length >= options.slots) evictOldest(best)
      return addSlot(state.fork(best.id), [...best.tokens]).sequence
    },
  }
}

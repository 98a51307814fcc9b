/**
 * Copies of the states of recurrent models. A recurrence can't take a token back, so a sequence can only return to a length at which
 * its state was saved. Copies are shared by forks; where no slot is free the one unused for longest gives way.
 */
import type { StateSlots } from '../../tensor/device.ts'

export interface Checkpoints {
  /** Saves the state of a sequence that now has `length` tokens. Does nothing where the device has no slots for copies. */
  readonly save: (sequence: number, length: number) => void
  /** The greatest saved length from `least` to `most`, or undefined. */
  readonly latest: (sequence: number, least: number, most: number) => number | undefined
  /** Brings the state back that was saved at just `length`, and forgets the later ones. */
  readonly restore: (sequence: number, length: number) => void
  /** State and copies of `from` are now also those of `to`. */
  readonly fork: (from: number, to: number) => void
  readonly close: (sequence: number) => void
}

interface Saved {
  readonly slot: number
  readonly length: number
  lastUse: number
}

export function createCheckpoints(states: StateSlots, sequences: number): Checkpoints {
  const free = Array.from({ length: Math.max(0, states.slots - sequences) }, (_, index) => sequences + index)
  const lists: Saved[][] = Array.from({ length: sequences }, () => [])
  let clock = 0

  const freeUnowned = (dropped: readonly Saved[]): void => {
    for (const saved of dropped) if (!lists.some((list) => list.includes(saved))) free.push(saved.slot)
  }
  const evict = (): number | undefined => {
    const all = new Set(lists.flat())
    let oldest: Saved | undefined
    for (const saved of all) if (oldest === undefined || saved.lastUse < oldest.lastUse) oldest = saved
    if (oldest === undefined) return undefined
    lists.forEach((list, sequence) => (lists[sequence] = list.filter((saved) => saved !== oldest)))
    return oldest.slot
  }

  return {
    save(sequence, length) {
      if (length === 0 || lists[sequence].some((saved) => saved.length === length)) return
      const slot = free.pop() ?? evict()
      if (slot === undefined) return
      states.copy(sequence, slot)
      lists[sequence].push({ slot, length, lastUse: ++clock })
    },
    latest(sequence, least, most) {
      const lengths = lists[sequence].map(({ length }) => length).filter((length) => length >= least && length <= most)
      return lengths.length === 0 ? undefined : Math.max(...lengths)
    },
    restore(sequence, length) {
      const found = lists[sequence].find((saved) => saved.length === length)
      const later = lists[sequence].filter((saved) => saved.length > length)
      lists[sequence] = lists[sequence].filter((saved) => saved.length <= length)
      freeUnowned(later)
      if (found === undefined) return
      found.lastUse = ++clock
      states.copy(found.slot, sequence)
    },
    fork(from, to) {
      states.copy(from, to)
      lists[to] = [...lists[from]]
    },
    close(sequence) {
      const dropped = lists[sequence]
      lists[sequence] = []
      freeUnowned(dropped)
    },
  }
}

/** Divides the code points into the classes that an expression cannot tell apart, so that transitions are tabled by class. */
import { type CharacterSet, LAST_CODE_POINT } from './character-set.ts'

export interface Alphabet {
  readonly classes: number
  /** Where intervals of one class begin, in order. */
  readonly starts: Iterable<number>
  /** The class of a code point. */
  classOf(codePoint: number): number
  /** Classes of the code points `first..last`, each at least once. */
  eachClass(first: number, last: number, visit: (characterClass: number, sample: number) => boolean): boolean
  /** The classes that make up `set`, which must be one of those that the alphabet was made for. */
  classesOf(set: CharacterSet): readonly number[]
  /** A code point of the class that reads well: a letter or digit where there is one. */
  sampleOf(characterClass: number): number
}

/** The coarsest alphabet in which each of `sets` is a union of classes. Code points in none of them are class 0. */
export function createAlphabet(sets: readonly CharacterSet[]): Alphabet {
  const { starts, classAt, classes } = partition([...new Set(sets)])
  const ascii = new Uint16Array(128)
  for (let code = 0; code < 128; code++) ascii[code] = classAt[intervalOf(starts, code)]
  const samples = new Array<number>(classes).fill(-1)
  for (const [first, last] of READABLE) {
    for (let code = first; code <= last; code++) if (samples[ascii[code]] < 0) samples[ascii[code]] = code
  }
  for (let i = 0; i < starts.length; i++) if (samples[classAt[i]] < 0) samples[classAt[i]] = starts[i]
  return {
    classes,
    starts,
    classOf: (code) => (code < 128 ? ascii[code] : classAt[intervalOf(starts, code)]),
    eachClass(first, last, visit) {
      for (let i = intervalOf(starts, first); i < starts.length && starts[i] <= last; i++) {
        if (visit(classAt[i], Math.max(first, starts[i]))) return true
      }
      return false
    },
    classesOf({ ranges }) {
      const found = new Set<number>()
      for (let range = 0; range < ranges.length; range += 2) {
        for (let i = intervalOf(starts, ranges[range]); i < starts.length && starts[i] <= ranges[range + 1]; i++) {
          found.add(classAt[i])
        }
      }
      return [...found].sort((left, right) => left - right)
    },
    sampleOf: (characterClass) => samples[characterClass],
  }
}

const READABLE: readonly (readonly [number, number])[] = [
  [0x61, 0x7a],
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x20, 0x7e],
]

/** Intervals in order, each with its class; `starts[i]` up to the next start. */
function partition(sets: readonly CharacterSet[]): {
  starts: Uint32Array
  classAt: Uint16Array
  classes: number
} {
  /** Code point -> bits of the sets that begin or end there. */
  const changes = new Map<number, bigint>([[0, 0n]])
  sets.forEach(({ ranges }, index) => {
    for (let i = 0; i < ranges.length; i++) {
      const at = i % 2 === 0 ? ranges[i] : ranges[i] + 1
      if (at <= LAST_CODE_POINT) changes.set(at, (changes.get(at) ?? 0n) ^ (1n << BigInt(index)))
    }
  })
  const starts = Uint32Array.from(changes.keys()).sort()
  const classAt = new Uint16Array(starts.length)
  const known = new Map<bigint, number>([[0n, 0]])
  let active = 0n
  starts.forEach((start, i) => {
    active ^= changes.get(start) as bigint
    let found = known.get(active)
    if (found === undefined) known.set(active, (found = known.size))
    classAt[i] = found
  })
  return { starts, classAt, classes: known.size }
}

function intervalOf(starts: Uint32Array, code: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle] <= code) low = middle
    else high = middle - 1
  }
  return low
}

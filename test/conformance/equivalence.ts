/** What the suites of equivalences share: the devices, random texts, and how two texts are mixed in one batch. */
import fc from 'fast-check'
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import { randomModels } from '../support/random-architectures.ts'
import type { Device } from './tensor.ts'

export interface EquivalenceDevice {
  readonly name: string
  readonly create: () => Device
  /** Of the longest text: on the fast device more than a page of keys. */
  readonly tokens: number
  /** Of each property. */
  readonly runs: number
}

export const equivalenceDevices: readonly EquivalenceDevice[] = [
  { name: 'reference', create: createReferenceDevice, tokens: 14, runs: 3 },
  { name: 'wasm', create: () => createWasmDevice(), tokens: 80, runs: 8 },
]

/** One for each golden case of a known architecture. */
export const equivalenceModels = await Promise.all(
  randomModels().map(async ({ name, open }) => ({ name, model: await open(1) })),
)

export function assertAlways<T>(
  { runs }: EquivalenceDevice,
  arbitrary: fc.Arbitrary<T>,
  property: (value: T) => void,
): void {
  fc.assert(fc.property(arbitrary, property), { numRuns: runs, seed: 7 })
}

export const texts = (vocabulary: number, mostTokens: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat(vocabulary - 1), { minLength: 1, maxLength: mostTokens })

/** Ends of the pieces that a text is read in: some cuts, or every token. */
export const pieces = (mostTokens: number): fc.Arbitrary<(length: number) => readonly number[]> =>
  fc.tuple(fc.array(fc.nat(mostTokens), { maxLength: 5 }), fc.boolean()).map(([cuts, single]) => (length) => {
    if (single) return Array.from({ length }, (_, index) => index + 1)
    const inside = cuts.filter((cut) => cut > 0 && cut < length)
    return [...new Set([...inside, length])].toSorted((a, b) => a - b)
  })

/** For each token of a batch of two texts, which of them it belongs to. */
const mixtures = (first: number, second: number): fc.Arbitrary<number[]> =>
  fc.shuffledSubarray([...Array<number>(first).fill(0), ...Array<number>(second).fill(1)], {
    minLength: first + second,
    maxLength: first + second,
  })

/** Two texts and their mixture. */
export const mixedTexts = (
  vocabulary: number,
  mostTokens: number,
): fc.Arbitrary<readonly [number[], number[], number[]]> =>
  fc
    .tuple(texts(vocabulary, mostTokens), texts(vocabulary, mostTokens))
    .chain(([first, second]) =>
      fc.tuple(fc.constant(first), fc.constant(second), mixtures(first.length, second.length)),
    )

/** A copy of an output; equal NaN would prove nothing. */
export function finiteOutput(outputs: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const values = outputs.get(name)
  if (values?.every((value) => Number.isFinite(value)) !== true) throw new Error(`expected finite values of '${name}'`)
  return values.slice()
}

/** The rows of width `width` at which `keep` says yes. */
export function selectRows(values: Float32Array, width: number, keep: (row: number) => boolean): Float32Array {
  const rows = Array.from({ length: values.length / width }, (_, row) => row).filter((row) => keep(row))
  return Float32Array.from(rows.flatMap((row) => Array.from(values.subarray(row * width, (row + 1) * width))))
}

/**
 * What the conformance tables are made of: a suite is one graph with many outputs, each an op under test, and batches to run it on.
 * Every device runs every suite; each output is compared with the reference device's, or with what its bound says it should be.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { constantSource, Graph, ops, pageTokens } from './tensor.ts'
import type { Batch, Device, LoadOptions, Program, Tensor, WeightSource, WeightType } from './tensor.ts'
import { deviceVariants } from './device-variants.ts'

export type Outputs = ReadonlyMap<string, Float32Array>

/** What an output should be. `sizes`: how large the terms were that add up to each value, where that matters for rounding. */
export interface Expected {
  readonly values: Float32Array
  readonly sizes?: Float64Array
}

/** Most that each value of an output may be off. */
export type Bound = (want: Expected) => (index: number) => number

export interface SuiteOutput {
  readonly bound: Bound
  /** Default: what the reference device gives. Token t of the batch has row tokens[t]; `own` is what else the device gave. */
  readonly expected?: (tokens: Int32Array, own: Outputs) => Expected
}

export type CacheType = LoadOptions['cache']['type']

export interface SuiteOptions {
  readonly sequences?: number
  /** Pages of each sequence. */
  readonly pages?: number
  /** How the devices under test keep keys and values; the reference device keeps f32. */
  readonly cacheType?: CacheType
}

export class Suite {
  readonly name: string
  readonly g = new Graph()
  readonly weights = new Map<string, WeightSource>()
  readonly outputs = new Map<string, SuiteOutput>()
  /** Runs one after the other on one program. */
  readonly batches: Batch[] = []
  readonly sequences: number
  readonly pages: number
  readonly cacheType: CacheType

  constructor(name: string, { sequences = 1, pages = 2, cacheType = 'f32' }: SuiteOptions = {}) {
    this.name = name
    this.sequences = sequences
    this.pages = pages
    this.cacheType = cacheType
  }

  /** Rows of activations by token id: token t of the batch gets row tokens[t]. */
  rows(name: string, values: Float32Array, width: number): Tensor {
    const table = this.floats(name, values, [values.length / width, width])
    return ops.embedding(this.g, table, this.g.input('tokens'), name)
  }

  floats(name: string, values: Float32Array, shape: readonly number[] = [values.length]): Tensor {
    this.weights.set(name, constantSource(name, values, shape))
    return this.g.weight(name, shape, 'f32')
  }

  blocks(name: string, type: WeightType, bytes: Uint8Array, shape: readonly number[]): Tensor {
    const read = async (offset: number, into: Uint8Array): Promise<void> => {
      into.set(bytes.subarray(offset, offset + into.length))
    }
    this.weights.set(name, { name, shape, type, sizeBytes: bytes.length, read })
    return this.g.weight(name, shape, type)
  }

  output(name: string, tensor: Tensor, output: SuiteOutput): void {
    if (this.outputs.has(name)) throw new Error(`${this.name}: two outputs are called ${name}`)
    this.g.output(name, tensor)
    this.outputs.set(name, output)
  }

  /** Adds a run of `tokens`, all rows asked for, at positions 0, 1, ... of sequence 0 unless said otherwise. */
  batch(
    tokens: readonly number[],
    { positions, sequences, rows, lasts }: Partial<Record<keyof Batch, readonly number[]>> = {},
  ) {
    this.batches.push({
      ...(lasts === undefined ? {} : { lasts: Int32Array.from(lasts) }),
      tokens: Int32Array.from(tokens),
      positions: Int32Array.from(positions ?? tokens.map((_, index) => index)),
      sequences: Int32Array.from(sequences ?? tokens.map(() => 0)),
      rows: Int32Array.from(rows ?? tokens.map((_, index) => index)),
    })
  }
}

/** All variants, and all their promises of equality, for one suite. */
export function testSuite(suite: Suite): void {
  describe(suite.name, () => {
    let reference: Outputs[]
    const firstOfFamily = new Map<string, Outputs[]>()

    beforeAll(async () => {
      reference = await runSuite(createReferenceDevice(), suite, suite.batches, 'f32')
    })

    for (const variant of deviceVariants) {
      it(`${variant.name}: within the bounds`, async () => {
        const results = await runSuite(variant.create(), suite, suite.batches)
        results.forEach((outputs, run) => compareRun(suite, run, outputs, reference[run]))
        const first = firstOfFamily.get(variant.family)
        if (first === undefined) firstOfFamily.set(variant.family, results)
        else results.forEach((outputs, run) => expectSameBits(outputs, first[run], `${variant.family}, run ${run}`))
      })
    }

    it('token by token, and a second time, bit by bit the same', async () => {
      const [variant] = deviceVariants
      const first = firstOfFamily.get(variant.family)
      if (first === undefined) throw new Error('the first variant has no results')
      const singles = await runSuite(variant.create(), suite, suite.batches.flatMap(tokenByToken))
      let next = 0
      suite.batches.forEach(({ tokens, rows }, run) => {
        const pieces = singles.slice(next, next + tokens.length)
        next += tokens.length
        // A single token has the one row 0, so this holds for runs that ask for all rows in order.
        if (rows.length !== tokens.length || rows.some((row, index) => row !== index)) return
        for (const [name, together] of first[run]) {
          expectEqualBits(
            Float32Array.from(pieces.flatMap((piece) => Array.from(piece.get(name) ?? []))),
            together,
            `${name}, ${tokens.length} tokens against one by one`,
          )
        }
      })
    })
  })
}

/** Loads the suite on a device that is disposed of afterwards; copies of the outputs of each batch. */
export async function runSuite(
  device: Device,
  suite: Suite,
  batches: readonly Batch[],
  cacheType: CacheType = suite.cacheType,
): Promise<Outputs[]> {
  await using used = device
  const options: LoadOptions = {
    maxTokens: Math.max(...batches.map(({ tokens }) => tokens.length)),
    maxRows: Math.max(1, ...batches.map(({ rows }) => rows.length)),
    cache: { pages: suite.pages * suite.sequences, sequences: suite.sequences, type: cacheType },
  }
  const program = await used.load(suite.g, suite.weights, options)
  return batches.map((batch) => {
    mapRing(program, batch, suite.sequences)
    return new Map([...program.run(batch)].map(([name, values]) => [name, values.slice()]))
  })
}

/** Places the pages of a batch so that neighbours lie apart, sequences interleave, and windows reuse pages as a ring. */
function mapRing({ caches }: Program, { positions, sequences }: Batch, slots: number): void {
  caches.groups.forEach(({ pages }, group) => {
    const each = Math.floor(pages / slots)
    positions.forEach((position, index) => {
      const pageIndex = Math.floor(position / pageTokens)
      caches.setPage(group, sequences[index], pageIndex, pages - 1 - ((pageIndex % each) * slots + sequences[index]))
    })
  })
}

const tokenByToken = ({ tokens, positions, sequences, lasts }: Batch): Batch[] =>
  Array.from(tokens, (token, index) => ({
    ...(lasts === undefined ? {} : { lasts: Int32Array.of(lasts[index]) }),
    tokens: Int32Array.of(token),
    positions: Int32Array.of(positions[index]),
    sequences: Int32Array.of(sequences[index]),
    rows: Int32Array.of(0),
  }))

function compareRun(suite: Suite, run: number, outputs: Outputs, reference: Outputs): void {
  const { tokens } = suite.batches[run]
  for (const [name, { bound, expected }] of suite.outputs) {
    const got = outputs.get(name)
    const byReference = reference.get(name)
    if (got === undefined || byReference === undefined) throw new Error(`${name}: the device gives no such output`)
    const want = expected?.(tokens, outputs) ?? { values: byReference }
    expect(got.length, name).toBe(want.values.length)
    expect(worstExcess(got, want.values, bound(want)), `${name} of ${tokens.length} tokens`).toBeUndefined()
  }
}

function worstExcess(got: Float32Array, want: Float32Array, allowed: (index: number) => number): string | undefined {
  let worst: { ratio: number; text: string } | undefined
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i])) continue
    const difference = Math.abs(got[i] - want[i])
    const most = allowed(i)
    if (difference <= most) continue
    const ratio = Number.isNaN(difference) ? Infinity : difference / most
    if (worst === undefined || ratio > worst.ratio) {
      worst = { ratio, text: `[${i}]: got ${got[i]}, not ${want[i]}: off by ${difference}, allowed ${most}` }
    }
  }
  return worst?.text
}

function expectSameBits(got: Outputs, want: Outputs, what: string): void {
  for (const [name, values] of want) expectEqualBits(got.get(name) ?? new Float32Array(0), values, `${name}, ${what}`)
}

export function expectEqualBits(got: Float32Array, want: Float32Array, what: string): void {
  const bits = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length)
  const [a, b] = [bits(got), bits(want)]
  const index = b.findIndex((value, i) => value !== a[i])
  expect(got.length, what).toBe(want.length)
  expect(index < 0 ? undefined : `[${index}]: ${got[index]}, not ${want[index]}`, what).toBeUndefined()
}

/** |got - want| <= absolute + relative * |want|. */
export const near =
  (relative: number, absolute = 0): Bound =>
  ({ values }) =>
  (index) =>
    absolute + relative * Math.abs(values[index])

/** |got - want| <= relative * max |want| over the row of `width` values it lies in. */
export const nearInRow =
  (width: number, relative: number): Bound =>
  ({ values }) => {
    const peaks = Array.from({ length: values.length / width }, (_, row) =>
      values.subarray(row * width, (row + 1) * width).reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    )
    return (index) => relative * peaks[Math.floor(index / width)]
  }

export const exact: Bound = () => () => 0

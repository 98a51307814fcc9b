/** Packing loses nothing: rows read back from their panels are the rows of the file, value by value. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adversarialBlocks, blockPatterns, quantisedTypes } from '../../../test/support/adversarial-blocks.ts'
import type { QuantisedType } from '../../../test/support/adversarial-blocks.ts'
import { blockTypeOf } from '../../quant/index.ts'
import type { BlockTypeName } from '../../quant/index.ts'
import { createRandom } from '../../util/random.ts'
import { packPanels } from './pack.ts'
import { panelBytes, panelFormats, panelRows } from './panel.ts'
import type { PanelFormat } from './panel.ts'
import { unpackRow } from './unpack.ts'

const formats = Object.entries(panelFormats) as [BlockTypeName, PanelFormat][]
const isQuantised = (type: BlockTypeName): type is QuantisedType => (quantisedTypes as string[]).includes(type)

/** Panels lie somewhere in a memory that is not empty; what is around them must stay. */
const margin = 64
const untouched = 0xa5

function roundTrip(type: BlockTypeName, format: PanelFormat, rows: number, k: number, bytes: Uint8Array) {
  const size = Math.ceil(rows / panelRows) * panelBytes(format, k)
  const memory = new Uint8Array(margin + size + margin).fill(untouched)
  packPanels({ type, format, rows, k }, bytes, memory.subarray(margin, margin + size))
  const values = new Float32Array(rows * k)
  const view = new DataView(memory.buffer)
  for (let row = 0; row < rows; row++) unpackRow(format, view, margin, row, values.subarray(row * k, (row + 1) * k))
  return { values, memory, size, view }
}

/** Equal as numbers: 0 and -0 are one, two NaN too. */
function firstDifference(got: Float32Array, want: Float32Array): string | undefined {
  for (let i = 0; i < want.length; i++) {
    if (got[i] !== want[i] && !(Number.isNaN(got[i]) && Number.isNaN(want[i]))) return `${i}: ${got[i]}, not ${want[i]}`
  }
  return undefined
}

function decoded(type: BlockTypeName, bytes: Uint8Array, count: number): Float32Array {
  const values = new Float32Array(count)
  blockTypeOf(type).decode(bytes, values)
  return values
}

describe.each(formats)('panels of %s', (type, format) => {
  const { blockLength, blockBytes } = blockTypeOf(type)
  const unit = format.kind === 'float' ? 1 : Math.max(blockLength, 32)

  it('give back what the file decodes to, whatever the bytes', () => {
    const shape = fc.record({ rows: fc.integer({ min: 1, max: 35 }), units: fc.integer({ min: 1, max: 3 }) })
    fc.assert(
      fc.property(shape, fc.nat(), fc.constantFrom(...blockPatterns), ({ rows, units }, seed, pattern) => {
        const k = units * unit
        const random = createRandom(seed)
        const bytes = isQuantised(type)
          ? adversarialBlocks(type, rows * k, pattern, random)
          : Uint8Array.from({ length: (rows * k * blockBytes) / blockLength }, () => random.uint32() & 0xff)
        const { values } = roundTrip(type, format, rows, k, bytes)
        expect(firstDifference(values, decoded(type, bytes, rows * k))).toBeUndefined()
      }),
      { numRuns: 60, seed: 20261123 },
    )
  })

  it('fill a last panel of fewer rows with zeros, and write nothing beside it', () => {
    const rows = panelRows + 1
    const k = unit * 2
    const random = createRandom(7)
    const bytes = isQuantised(type)
      ? adversarialBlocks(type, rows * k, 'largest codes', random)
      : Uint8Array.from({ length: (rows * k * blockBytes) / blockLength }, () => random.uint32() & 0xff)
    const { memory, size, view } = roundTrip(type, format, rows, k, bytes)
    const padding = new Float32Array(k)
    for (let row = rows; row < 2 * panelRows; row++) {
      unpackRow(format, view, margin, row, padding)
      expect(firstDifference(padding, new Float32Array(k)), `row ${row}`).toBeUndefined()
    }
    expect([...memory.subarray(0, margin), ...memory.subarray(margin + size)].every((b) => b === untouched)).toBe(true)
  })

  it('reads rows that start at an odd byte of their buffer', () => {
    const k = unit * 2
    const bytes = isQuantised(type)
      ? adversarialBlocks(type, 3 * k, 'random', createRandom(11))
      : Uint8Array.from({ length: (3 * k * blockBytes) / blockLength }, (_, i) => (i * 37) & 0xff)
    const shifted = new Uint8Array(bytes.length + 1)
    shifted.set(bytes, 1)
    const { values } = roundTrip(type, format, 3, k, shifted.subarray(1))
    expect(firstDifference(values, decoded(type, bytes, 3 * k))).toBeUndefined()
  })
})

it('quantised types with a panel all have adversarial blocks', () => {
  const quantised = formats.flatMap(([type, format]) => (format.kind === 'float' ? [] : [type]))
  expect(quantised.toSorted()).toEqual([...quantisedTypes].toSorted())
})

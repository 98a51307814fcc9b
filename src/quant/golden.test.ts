/** Every block type against the golden set: layout, decoding, and encoding where the set has an oracle for it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { goldenF32, goldenRoot, goldenU8, readGoldenTensors } from '../../test/support/golden.ts'
import type { BlockType, BlockTypeName } from './block-type.ts'
import { blockTypeByGgufId, blockTypeOf } from './index.ts'

interface GoldenType {
  readonly type: number
  readonly blockSize: number
  readonly typeSize: number
  readonly ggmlQuantizeRmsError?: number
}

interface GoldenCase {
  readonly types: Readonly<Record<string, GoldenType>>
  readonly tolerance: { readonly values: { readonly abs: number; readonly relMax: number } }
}

const folder = join(goldenRoot, 'quant')
const golden = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as GoldenCase

describe.each(Object.entries(golden.types))('%s', (name, info) => {
  const tensors = readGoldenTensors(join(folder, `${name}.safetensors`))
  const type = blockTypeOf(name as BlockTypeName)

  test('has the number and sizes of the file format', () => {
    expect(type).toMatchObject({ ggufId: info.type, blockLength: info.blockSize, blockBytes: info.typeSize })
    expect(blockTypeByGgufId(info.type)).toBe(type)
  })

  test('decodes exactly', () => {
    const expected = goldenF32(tensors, 'values')
    const decoded = new Float32Array(expected.length)
    type.decode(goldenU8(tensors, 'blocks'), decoded)
    // Stricter than the set's own tolerance: every step of our decoders is exact in double precision.
    expectSameValues(decoded, expected)
  })

  const bytes = tensors.has('quantize.bytes') ? goldenU8(tensors, 'quantize.bytes') : undefined
  if (bytes !== undefined) {
    test('encodes to the same bytes', () => {
      expect(encoded(type, goldenF32(tensors, 'quantize.values'))).toEqual(bytes)
    })
  }

  const { ggmlQuantizeRmsError } = info
  if (ggmlQuantizeRmsError !== undefined && type.encode !== undefined) {
    test('encodes no worse than ggml', () => {
      const values = goldenF32(tensors, 'quantize.values')
      const ours = relativeRmsError(type, encoded(type, values), values)
      expect(ours).toBeLessThanOrEqual(ggmlQuantizeRmsError * (1 + 1e-6))
      if (!tensors.has('quantize.ggml')) return
      expect(ours).toBeLessThanOrEqual(relativeRmsError(type, goldenU8(tensors, 'quantize.ggml'), values))
    })
  }
})

function encoded(type: BlockType, values: Float32Array): Uint8Array {
  const bytes = new Uint8Array((values.length / type.blockLength) * type.blockBytes)
  if (type.encode === undefined) throw new Error(`${type.name}: the golden set encodes it, but it has no encoder`)
  type.encode(values, bytes)
  return bytes
}

function expectSameValues(actual: Float32Array, expected: Float32Array): void {
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i]) && actual[i] !== expected[i]) {
      expect.fail(`value ${i}: expected ${expected[i]}, got ${actual[i]}`)
    }
  }
}

function relativeRmsError(type: BlockType, bytes: Uint8Array, values: Float32Array): number {
  const decoded = new Float32Array(values.length)
  type.decode(bytes, decoded)
  let error = 0
  let power = 0
  for (let i = 0; i < values.length; i++) {
    error += (decoded[i] - values[i]) ** 2
    power += values[i] ** 2
  }
  return Math.sqrt(error / power)
}

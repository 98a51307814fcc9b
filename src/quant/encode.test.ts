/** Properties that every encoder keeps, and the errors of wrong sizes. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OstroError } from '../util/error.ts'
import type { BlockType, BlockTypeName } from './block-type.ts'
import { defineBlockType } from './define-block-type.ts'
import { blockTypeByGgufId, blockTypeNames, blockTypeOf, blockTypes } from './index.ts'

/** Greatest error of one value, as a part of the block's greatest magnitude: half a step, or what the shorter side cuts off. */
const worstError: Partial<Record<BlockTypeName, number>> = {
  f32: 0,
  f16: 1 / 2048,
  bf16: 1 / 256,
  q8_0: 0.0045, // 1/254, and the rounding of d
  q4_0: 0.126, // -peak has no code: 1/8
  q4_1: 0.068, // half of the range over 15
  q5_0: 0.0635, // 1/16
  q5_1: 0.0335,
  mxfp4: 0.26, // a peak just below 8 has only 6
  iq4_nl: 0.2,
  tq1_0: 0.501,
  tq2_0: 0.501,
  q2_k: 0.6,
  q3_k: 0.3,
  q4_k: 0.14,
  q5_k: 0.07,
  q6_k: 0.04,
}

const encoders = [...blockTypes.values()].filter((type) => type.encode !== undefined)

describe.each(encoders.map((type) => [type.name, type] as const))('%s', (name, type) => {
  test('no value is further off than the step of its block allows', () => {
    fc.assert(
      fc.property(blockOf(type), (values) => {
        const bound = worstError[name]
        if (bound === undefined) expect.fail(`${name}: state its worst error in this test`)
        const decoded = decode(type, encode(type, values))
        const peak = values.reduce((greatest, value) => Math.max(greatest, Math.abs(value)), 0)
        for (let i = 0; i < values.length; i++) {
          expect(Math.abs(decoded[i] - values[i])).toBeLessThanOrEqual(bound * peak)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('doubling the values doubles the result', () => {
    fc.assert(
      fc.property(blockOf(type), fc.constantFrom(0.25, 2, 8), (values, factor) => {
        const scaled = decode(
          type,
          encode(
            type,
            values.map((value) => value * factor),
          ),
        )
        expect(scaled).toEqual(decode(type, encode(type, values)).map((value) => value * factor))
      }),
      { numRuns: 20 },
    )
  })

  test('a block does not depend on its neighbours', () => {
    fc.assert(
      fc.property(blockOf(type), blockOf(type), (first, second) => {
        const both = new Float32Array(first.length * 2)
        both.set(first)
        both.set(second, first.length)
        const bytes = encode(type, both)
        expect(bytes.subarray(0, type.blockBytes)).toEqual(encode(type, first).subarray(0, type.blockBytes))
        expect(bytes.subarray(bytes.length - type.blockBytes)).toEqual(encode(type, second).subarray(-type.blockBytes))
      }),
      { numRuns: 20 },
    )
  })

  test('zeros stay zeros, and values too small for a half do not turn into NaN', () => {
    const zeros = new Float32Array(type.blockLength)
    expect([...decode(type, encode(type, zeros))].every((value) => value === 0)).toBe(true)
    const tiny = zeros.map((_, i) => (i % 3) * 1e-42)
    expect([...decode(type, encode(type, tiny))].every((value) => Math.abs(value) < 1e-7)).toBe(true)
  })
})

describe.each([...blockTypes.values()].map((type) => [type.name, type] as const))('%s', (_, type) => {
  test('decoding writes every value, at any offset, and nothing outside', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: type.blockBytes * 2, maxLength: type.blockBytes * 2 }), (blocks) => {
        const length = type.blockLength * 2
        const shifted = new Uint8Array(blocks.length + 1)
        shifted.set(blocks, 1)
        const guarded = new Float32Array(length + 2).fill(7)
        type.decode(shifted.subarray(1), guarded.subarray(1, length + 1))
        expect([guarded[0], guarded[length + 1]]).toEqual([7, 7])
        const other = new Float32Array(length).fill(-3)
        type.decode(blocks, other)
        expect(guarded.slice(1, length + 1)).toEqual(other)
      }),
      { numRuns: 20 },
    )
  })

  test('refuses sizes that do not match', () => {
    const bytes = new Uint8Array(type.blockBytes)
    const values = new Float32Array(type.blockLength)
    const wrongCalls = [
      () => type.decode(bytes.subarray(1), values),
      () => type.decode(bytes, new Float32Array(type.blockLength * 2)),
      () => type.encode?.(values, new Uint8Array(type.blockBytes + 1)),
    ].slice(0, type.encode === undefined ? 2 : 3)
    for (const call of wrongCalls) expect(call).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })
})

test('names and numbers lead to their type', () => {
  expect([...blockTypes.keys()].toSorted()).toEqual([...blockTypeNames].toSorted())
  for (const name of blockTypeNames) expect(blockTypeByGgufId(blockTypeOf(name).ggufId)?.name).toBe(name)
  expect(blockTypeByGgufId(4)).toBeUndefined()
  expect(() => blockTypeOf('q9_9' as BlockTypeName)).toThrow(OstroError)
})

test('a layout whose fields do not add up is refused', () => {
  const layout = { name: 'q4_0', ggufId: 2, blockLength: 32, blockBytes: 18, decodeBlock: () => {} } as const
  expect(() => defineBlockType({ ...layout, fields: { scale: 2, codes: 15 } })).toThrow(/18 bytes, got 17/)
})

/** Values whose scale is a normal half, so that only the codes round: magnitudes from 1/64 to 4 beside zeros, one block at least. */
function blockOf(type: BlockType): fc.Arbitrary<Float32Array> {
  const length = Math.max(type.blockLength, 4)
  const value = fc.oneof(
    { weight: 8, arbitrary: fc.float({ min: -4, max: 4, noNaN: true }).filter((x) => Math.abs(x) >= 1 / 64) },
    { weight: 1, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(4, -4) },
  )
  return fc.array(value, { minLength: length, maxLength: length }).map((values) => Float32Array.from(values))
}

function encode(type: BlockType, values: Float32Array): Uint8Array {
  const bytes = new Uint8Array((values.length / type.blockLength) * type.blockBytes)
  type.encode?.(values, bytes)
  return bytes
}

function decode(type: BlockType, bytes: Uint8Array): Float32Array {
  const values = new Float32Array((bytes.length / type.blockBytes) * type.blockLength)
  type.decode(bytes, values)
  return values
}

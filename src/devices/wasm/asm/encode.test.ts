/** The byte-level encodings against a decoder written from the specification. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ByteWriter } from './encode.ts'

const written = (write: (out: ByteWriter) => void): number[] => {
  const out = new ByteWriter()
  write(out)
  return [...out.take()]
}

/** LEB128 as the specification defines it: 7 bits a byte, lowest first; signed numbers extend bit 6 of the last byte. */
function readLeb128(bytes: readonly number[], signed: boolean): bigint {
  let value = 0n
  bytes.forEach((byte, index) => {
    value |= BigInt(byte & 127) << BigInt(7 * index)
  })
  const bits = BigInt(7 * bytes.length)
  return signed && ((bytes.at(-1) ?? 0) & 64) !== 0 ? value - (1n << bits) : value
}

const endsOnce = (bytes: readonly number[]): boolean =>
  bytes.every((byte, index) => ((byte & 128) !== 0) === index < bytes.length - 1)

it('writes the examples of the specification', () => {
  expect(written((out) => out.unsigned(0))).toEqual([0])
  expect(written((out) => out.unsigned(127))).toEqual([0x7f])
  expect(written((out) => out.unsigned(128))).toEqual([0x80, 0x01])
  expect(written((out) => out.unsigned(624_485))).toEqual([0xe5, 0x8e, 0x26])
  expect(written((out) => out.signed(-123_456n))).toEqual([0xc0, 0xbb, 0x78])
  expect(written((out) => out.signed(64n))).toEqual([0xc0, 0x00])
  expect(written((out) => out.signed(-64n))).toEqual([0x40])
  expect(written((out) => out.signed(-1n))).toEqual([0x7f])
})

it('writes every unsigned number so that it reads back', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const bytes = written((out) => out.unsigned(value))
      expect(endsOnce(bytes)).toBe(true)
      expect(readLeb128(bytes, false)).toBe(BigInt(value))
      expect(bytes.length).toBe(Math.max(1, Math.ceil(value.toString(2).length / 7)))
    }),
    { seed: 1 },
  )
})

it('writes every signed number of 64 bits so that it reads back, in the fewest bytes', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      const bytes = written((out) => out.signed(value))
      expect(endsOnce(bytes)).toBe(true)
      expect(readLeb128(bytes, true)).toBe(value)
      const bits = (value < 0n ? -value - 1n : value).toString(2).length + (value === 0n || value === -1n ? 0 : 1)
      expect(bytes.length).toBe(Math.ceil(bits / 7))
    }),
    { seed: 1 },
  )
})

it('keeps what it has when it grows, and prefixes groups with their length', () => {
  const long = Uint8Array.from({ length: 5000 }, (_, i) => i & 255)
  expect(written((out) => long.forEach((byte) => out.byte(byte)))).toEqual([...long])
  const grouped = written((out) => {
    out.byte(1)
    out.sized((inner) => inner.bytes(long))
    out.byte(2)
  })
  expect(grouped).toEqual([1, 0x88, 0x27, ...long, 2])
})

it('writes floats as little-endian IEEE bits and names as UTF-8', () => {
  expect(written((out) => out.f32(1))).toEqual([0, 0, 0x80, 0x3f])
  expect(written((out) => out.f32(-0))).toEqual([0, 0, 0, 0x80])
  expect(written((out) => out.name('aä'))).toEqual([3, 0x61, 0xc3, 0xa4])
})

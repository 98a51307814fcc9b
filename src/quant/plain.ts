/** The types without blocks: every value stands alone as f32, f16 or bf16. */
import type { BlockType } from './block-type.ts'
import { countBlocks } from './define-block-type.ts'
import { f16ToF32, f32BitsToBf16, f32BitsToF16 } from './half.ts'

/** Four bytes a value, little endian, kept bit for bit. */
export const f32: BlockType = {
  name: 'f32',
  ggufId: 0,
  blockLength: 1,
  blockBytes: 4,
  decode(bytes, values) {
    countBlocks(f32, bytes, values)
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(bytes)
  },
  encode(values, bytes) {
    countBlocks(f32, bytes, values)
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  },
}

/** IEEE half precision: 1 sign, 5 exponent, 10 fraction bits; encoded to the nearest, ties to even. */
export const f16: BlockType = {
  name: 'f16',
  ggufId: 1,
  blockLength: 1,
  blockBytes: 2,
  decode(bytes, values) {
    countBlocks(f16, bytes, values)
    for (let i = 0; i < values.length; i++) values[i] = f16ToF32(bytes[2 * i] | (bytes[2 * i + 1] << 8))
  },
  encode: (values, bytes) => encode16(f16, f32BitsToF16, values, bytes),
}

/** The upper half of a float32: 1 sign, 8 exponent, 7 fraction bits; encoded to the nearest, ties to even. */
export const bf16: BlockType = {
  name: 'bf16',
  ggufId: 30,
  blockLength: 1,
  blockBytes: 2,
  decode(bytes, values) {
    countBlocks(bf16, bytes, values)
    // Through the bits, so that nothing is converted and a NaN keeps its payload.
    const valueBits = new Uint32Array(values.buffer, values.byteOffset, values.length)
    for (let i = 0; i < values.length; i++) valueBits[i] = (bytes[2 * i] << 16) | (bytes[2 * i + 1] << 24)
  },
  encode: (values, bytes) => encode16(bf16, f32BitsToBf16, values, bytes),
}

function encode16(type: BlockType, fromBits: (bits: number) => number, values: Float32Array, bytes: Uint8Array): void {
  countBlocks(type, bytes, values)
  const valueBits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  for (let i = 0; i < values.length; i++) {
    const bits = fromBits(valueBits[i])
    bytes[2 * i] = bits
    bytes[2 * i + 1] = bits >> 8
  }
}

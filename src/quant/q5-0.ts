/**
 * Q5_0, 32 values in 22 bytes (5.5 bits each): `d f16 | 32 fifth bits | 16 bytes of low nibbles`; nibbles as in Q4_0, bit i of the
 * fifth bits belongs to value i. value = d * (code - 16).
 */
import { inverse, readF16, readU32, signedPeak, writeF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'

export const q5_0 = defineBlockType({
  name: 'q5_0',
  ggufId: 6,
  blockLength: 32,
  blockBytes: 22,
  fields: { scale: 2, highBits: 4, codes: 16 },
  decodeBlock(bytes, at, values, to) {
    const scale = readF16(bytes, at)
    const highBits = readU32(bytes, at + 2)
    for (let i = 0; i < 16; i++) {
      const code = bytes[at + 6 + i]
      values[to + i] = scale * (((code & 15) | (((highBits >>> i) & 1) << 4)) - 16)
      values[to + 16 + i] = scale * (((code >> 4) | (((highBits >>> (i + 16)) & 1) << 4)) - 16)
    }
  },
  encodeBlock(values, from, bytes, at) {
    const scale = Math.fround(signedPeak(values, from, 32) / -16)
    const inverseScale = inverse(scale)
    writeF16(scale, bytes, at)
    let highBits = 0
    for (let i = 0; i < 16; i++) {
      const low = encodeValue(values[from + i], inverseScale)
      const high = encodeValue(values[from + 16 + i], inverseScale)
      bytes[at + 6 + i] = (low & 15) | ((high & 15) << 4)
      highBits |= ((low >> 4) << i) | ((high >> 4) << (i + 16))
    }
    writeHighBits(highBits, bytes, at + 2)
  },
})

/** Writes the 32 fifth bits, little endian. Shared with Q5_1. */
export function writeHighBits(highBits: number, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = highBits >>> (8 * i)
}

/** One rounding to float32 after multiply and add, as in ggml's reference where the compiler fuses them. */
function encodeValue(value: number, inverseScale: number): number {
  return Math.min(31, Math.fround(value * inverseScale + 16.5) | 0)
}

/**
 * Q5_1, 32 values in 24 bytes (6 bits each): `d f16 | min f16 | 32 fifth bits | 16 bytes of low nibbles`, packed as in Q5_0.
 * value = d * code + min.
 */
import { greatest, inverse, readF16, readU32, smallest, writeF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'
import { encodeAffine } from './q4-1.ts'
import { writeHighBits } from './q5-0.ts'

export const q5_1 = defineBlockType({
  name: 'q5_1',
  ggufId: 7,
  blockLength: 32,
  blockBytes: 24,
  fields: { scale: 2, min: 2, highBits: 4, codes: 16 },
  decodeBlock(bytes, at, values, to) {
    const scale = readF16(bytes, at)
    const min = readF16(bytes, at + 2)
    const highBits = readU32(bytes, at + 4)
    for (let i = 0; i < 16; i++) {
      const code = bytes[at + 8 + i]
      values[to + i] = scale * ((code & 15) | (((highBits >>> i) & 1) << 4)) + min
      values[to + 16 + i] = scale * ((code >> 4) | (((highBits >>> (i + 16)) & 1) << 4)) + min
    }
  },
  encodeBlock(values, from, bytes, at) {
    const min = smallest(values, from, 32)
    const scale = Math.fround(Math.fround(greatest(values, from, 32) - min) / 31)
    const inverseScale = inverse(scale)
    writeF16(scale, bytes, at)
    writeF16(min, bytes, at + 2)
    let highBits = 0
    for (let i = 0; i < 16; i++) {
      const low = encodeAffine(values[from + i], min, inverseScale, 31)
      const high = encodeAffine(values[from + 16 + i], min, inverseScale, 31)
      bytes[at + 8 + i] = (low & 15) | ((high & 15) << 4)
      highBits |= ((low >> 4) << i) | ((high >> 4) << (i + 16))
    }
    writeHighBits(highBits, bytes, at + 4)
  },
})

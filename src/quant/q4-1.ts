/**
 * Q4_1, 32 values in 20 bytes (5 bits each): `d f16 | min f16 | 16 bytes of codes`; byte i holds value i low and value i + 16 high.
 * value = d * code + min.
 */
import { greatest, inverse, readF16, smallest, writeF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'

export const q4_1 = defineBlockType({
  name: 'q4_1',
  ggufId: 3,
  blockLength: 32,
  blockBytes: 20,
  fields: { scale: 2, min: 2, codes: 16 },
  decodeBlock(bytes, at, values, to) {
    const scale = readF16(bytes, at)
    const min = readF16(bytes, at + 2)
    for (let i = 0; i < 16; i++) {
      const code = bytes[at + 4 + i]
      values[to + i] = scale * (code & 15) + min
      values[to + 16 + i] = scale * (code >> 4) + min
    }
  },
  encodeBlock(values, from, bytes, at) {
    const min = smallest(values, from, 32)
    const scale = Math.fround(Math.fround(greatest(values, from, 32) - min) / 15)
    const inverseScale = inverse(scale)
    writeF16(scale, bytes, at)
    writeF16(min, bytes, at + 2)
    for (let i = 0; i < 16; i++) {
      const low = encodeAffine(values[from + i], min, inverseScale, 15)
      const high = encodeAffine(values[from + 16 + i], min, inverseScale, 15)
      bytes[at + 4 + i] = low | (high << 4)
    }
  },
})

/** The code of a value above `min`, with every step rounded to float32 as ggml does. Shared with Q5_1. */
export function encodeAffine(value: number, min: number, inverseScale: number, maxCode: number): number {
  const steps = Math.fround(Math.fround(value - min) * inverseScale)
  return Math.min(maxCode, Math.fround(steps + 0.5) | 0)
}

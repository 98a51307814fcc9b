/**
 * Q4_0, 32 values in 18 bytes (4.5 bits each): `d f16 | 16 bytes of codes`; byte i holds value i low and value i + 16 high.
 * value = d * (code - 8). The value of greatest magnitude gets code 0, so the side it lies on has one step more.
 */
import { inverse, readF16, signedPeak, writeF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'

export const q4_0 = defineBlockType({
  name: 'q4_0',
  ggufId: 2,
  blockLength: 32,
  blockBytes: 18,
  fields: { scale: 2, codes: 16 },
  decodeBlock(bytes, at, values, to) {
    const scale = readF16(bytes, at)
    for (let i = 0; i < 16; i++) {
      const code = bytes[at + 2 + i]
      values[to + i] = scale * ((code & 15) - 8)
      values[to + 16 + i] = scale * ((code >> 4) - 8)
    }
  },
  encodeBlock(values, from, bytes, at) {
    const scale = Math.fround(signedPeak(values, from, 32) / -8)
    const inverseScale = inverse(scale)
    writeF16(scale, bytes, at)
    for (let i = 0; i < 16; i++) {
      const low = encodeValue(values[from + i], inverseScale)
      const high = encodeValue(values[from + 16 + i], inverseScale)
      bytes[at + 2 + i] = low | (high << 4)
    }
  },
})

/** One rounding to float32 after multiply and add, as in ggml's reference where the compiler fuses them. */
function encodeValue(value: number, inverseScale: number): number {
  return Math.min(15, Math.fround(value * inverseScale + 8.5) | 0)
}

/** Q8_0, 32 values in 34 bytes (8.5 bits each): `d f16 | 32 signed codes`. value = d * code; encoded codes lie in -127..127. */
import { inverse, readF16, signedPeak, writeF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'

export const q8_0 = defineBlockType({
  name: 'q8_0',
  ggufId: 8,
  blockLength: 32,
  blockBytes: 34,
  fields: { scale: 2, codes: 32 },
  decodeBlock(bytes, at, values, to) {
    const scale = readF16(bytes, at)
    for (let i = 0; i < 32; i++) values[to + i] = scale * ((bytes[at + 2 + i] << 24) >> 24)
  },
  encodeBlock(values, from, bytes, at) {
    const scale = Math.fround(Math.abs(signedPeak(values, from, 32)) / 127)
    const inverseScale = inverse(scale)
    writeF16(scale, bytes, at)
    for (let i = 0; i < 32; i++) bytes[at + 2 + i] = roundHalfAway(Math.fround(values[from + i] * inverseScale))
  },
})

/** C's `roundf`: halves go away from zero. Shared with the ternary types. */
export function roundHalfAway(value: number): number {
  return value < 0 ? -Math.floor(0.5 - value) : Math.floor(value + 0.5)
}

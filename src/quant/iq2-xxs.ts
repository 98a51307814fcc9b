/**
 * IQ2_XXS, 256 values in 66 bytes (2.06 bits each): `d f16 | 8 groups of 8 bytes`. A group of 32 values: four bytes choose a grid row
 * of 8 magnitudes each; then a u32 with four 7-bit sign patterns and, on top, a 4-bit scale.
 * value = d * (scale + 1/2) / 4 * grid * sign.
 */
import { readF16, readU32 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'
import { iq2xxsGrid, signPatterns } from './grids.ts'

export const iq2_xxs = defineBlockType({
  name: 'iq2_xxs',
  ggufId: 16,
  blockLength: 256,
  blockBytes: 66,
  fields: { scale: 2, groups: 64 },
  decodeBlock(bytes, at, values, to) {
    const superScale = readF16(bytes, at)
    for (let group = 0; group < 8; group++) {
      const signsAndScale = readU32(bytes, at + 2 + group * 8 + 4)
      const scale = superScale * (0.5 + (signsAndScale >>> 28)) * 0.25
      for (let row = 0; row < 4; row++) {
        const gridRow = bytes[at + 2 + group * 8 + row] * 8
        const signs = signPatterns[(signsAndScale >>> (7 * row)) & 127]
        const first = to + group * 32 + row * 8
        for (let i = 0; i < 8; i++) {
          const magnitude = scale * iq2xxsGrid[gridRow + i]
          values[first + i] = (signs >> i) & 1 ? -magnitude : magnitude
        }
      }
    }
  },
})

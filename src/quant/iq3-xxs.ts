/**
 * IQ3_XXS, 256 values in 98 bytes (3.06 bits each): `d f16 | 64 row bytes | 8 u32`. A byte chooses a grid row of 4 magnitudes; the
 * u32 of a group of 32 values holds four 7-bit sign patterns (8 values each) and, on top, a 4-bit scale.
 * value = d * (scale + 1/2) / 2 * grid * sign.
 */
import { readF16, readU32 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'
import { iq3xxsGrid, signPatterns } from './grids.ts'

export const iq3_xxs = defineBlockType({
  name: 'iq3_xxs',
  ggufId: 18,
  blockLength: 256,
  blockBytes: 98,
  fields: { scale: 2, rows: 64, signsAndScales: 32 },
  decodeBlock(bytes, at, values, to) {
    const superScale = readF16(bytes, at)
    for (let group = 0; group < 8; group++) {
      const signsAndScale = readU32(bytes, at + 66 + group * 4)
      const scale = superScale * (0.5 + (signsAndScale >>> 28)) * 0.5
      for (let row = 0; row < 8; row++) {
        const gridRow = bytes[at + 2 + group * 8 + row] * 4
        const signs = signPatterns[(signsAndScale >>> (7 * (row >> 1))) & 127] >> (4 * (row & 1))
        const first = to + group * 32 + row * 4
        for (let i = 0; i < 4; i++) {
          const magnitude = scale * iq3xxsGrid[gridRow + i]
          values[first + i] = (signs >> i) & 1 ? -magnitude : magnitude
        }
      }
    }
  },
})

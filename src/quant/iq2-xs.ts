/**
 * IQ2_XS, 256 values in 74 bytes (2.31 bits each): `d f16 | 32 u16 | 8 bytes of 4-bit scales`. A u16 chooses a grid row of 8
 * magnitudes (9 bits) and a sign pattern (7 bits); 16 values share a scale. value = d * (scale + 1/2) / 4 * grid * sign.
 */
import { readF16, readU16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'
import { iq2xsGrid, signPatterns } from './grids.ts'

export const iq2_xs = defineBlockType({
  name: 'iq2_xs',
  ggufId: 17,
  blockLength: 256,
  blockBytes: 74,
  fields: { scale: 2, rows: 64, scales: 8 },
  decodeBlock(bytes, at, values, to) {
    const superScale = readF16(bytes, at)
    for (let row = 0; row < 32; row++) {
      const code = readU16(bytes, at + 2 + row * 2)
      const scale = superScale * (0.5 + ((bytes[at + 66 + (row >> 2)] >> (4 * ((row >> 1) & 1))) & 15)) * 0.25
      const gridRow = (code & 511) * 8
      const signs = signPatterns[code >> 9]
      const first = to + row * 8
      for (let i = 0; i < 8; i++) {
        const magnitude = scale * iq2xsGrid[gridRow + i]
        values[first + i] = (signs >> i) & 1 ? -magnitude : magnitude
      }
    }
  },
})

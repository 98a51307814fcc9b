/**
 * IQ1_S, 256 values in 50 bytes (1.56 bits each): `d f16 | 32 low row bytes | 8 u16`. The u16 of a group of 32 values holds the high
 * bits of four row numbers (3 each), a 3-bit scale and the sign of the shift. value = d * (2 scale + 1) * (grid ± 1/8).
 */
import { readF16, readU16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'
import { iq1Grid } from './grids.ts'

export const iq1_s = defineBlockType({
  name: 'iq1_s',
  ggufId: 19,
  blockLength: 256,
  blockBytes: 50,
  fields: { scale: 2, rowsLow: 32, rowsHighAndScales: 16 },
  decodeBlock(bytes, at, values, to) {
    const superScale = readF16(bytes, at)
    for (let group = 0; group < 8; group++) {
      const high = readU16(bytes, at + 34 + group * 2)
      const scale = superScale * (2 * ((high >> 12) & 7) + 1)
      const shift = high & 0x8000 ? -0.125 : 0.125
      for (let row = 0; row < 4; row++) {
        const gridRow = (bytes[at + 2 + group * 4 + row] | (((high >> (3 * row)) & 7) << 8)) * 8
        const first = to + group * 32 + row * 8
        for (let i = 0; i < 8; i++) values[first + i] = scale * (iq1Grid[gridRow + i] + shift)
      }
    }
  },
})

/**
 * IQ2_S, 256 values in 82 bytes (2.56 bits each): `d f16 | 32 low row bytes | 32 sign bytes | 8 bytes of high row bits | 8 bytes of
 * 4-bit scales`. A row of 8 magnitudes is chosen by 10 bits; 16 values share a scale. value = d * (scale + 1/2) / 4 * grid * sign.
 */
import { readF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'
import { iq2sGrid } from './grids.ts'

export const iq2_s = defineBlockType({
  name: 'iq2_s',
  ggufId: 22,
  blockLength: 256,
  blockBytes: 82,
  fields: { scale: 2, rowsLow: 32, signs: 32, rowsHigh: 8, scales: 8 },
  decodeBlock(bytes, at, values, to) {
    const superScale = readF16(bytes, at)
    for (let row = 0; row < 32; row++) {
      const scale = superScale * (0.5 + ((bytes[at + 74 + (row >> 2)] >> (4 * ((row >> 1) & 1))) & 15)) * 0.25
      const high = (bytes[at + 66 + (row >> 2)] >> (2 * (row & 3))) & 3
      const gridRow = (bytes[at + 2 + row] | (high << 8)) * 8
      const signs = bytes[at + 34 + row]
      const first = to + row * 8
      for (let i = 0; i < 8; i++) {
        const magnitude = scale * iq2sGrid[gridRow + i]
        values[first + i] = (signs >> i) & 1 ? -magnitude : magnitude
      }
    }
  },
})

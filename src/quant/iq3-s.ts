/**
 * IQ3_S, 256 values in 110 bytes (3.44 bits each): `d f16 | 64 low row bytes | 8 bytes of high row bits | 32 sign bytes | 4 bytes of
 * 4-bit scales`. A row of 4 magnitudes is chosen by 9 bits; 32 values share a scale. value = d * (2 scale + 1) * grid * sign.
 */
import { readF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'
import { iq3sGrid } from './grids.ts'

export const iq3_s = defineBlockType({
  name: 'iq3_s',
  ggufId: 21,
  blockLength: 256,
  blockBytes: 110,
  fields: { scale: 2, rowsLow: 64, rowsHigh: 8, signs: 32, scales: 4 },
  decodeBlock(bytes, at, values, to) {
    const superScale = readF16(bytes, at)
    for (let row = 0; row < 64; row++) {
      const scale = superScale * (1 + 2 * ((bytes[at + 106 + (row >> 4)] >> (4 * ((row >> 3) & 1))) & 15))
      const high = (bytes[at + 66 + (row >> 3)] >> (row & 7)) & 1
      const gridRow = (bytes[at + 2 + row] | (high << 8)) * 4
      const signs = bytes[at + 74 + (row >> 1)] >> (4 * (row & 1))
      const first = to + row * 4
      for (let i = 0; i < 4; i++) {
        const magnitude = scale * iq3sGrid[gridRow + i]
        values[first + i] = (signs >> i) & 1 ? -magnitude : magnitude
      }
    }
  },
})

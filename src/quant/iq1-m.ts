/**
 * IQ1_M, 256 values in 56 bytes (1.75 bits each): `32 low row bytes | 16 bytes of high row bits | 4 u16 of scales`. Each row of 8
 * values has a nibble: 3 high row bits and the sign of the shift. A u16 holds four 3-bit scales (16 values each) and, on top, four
 * bits of d, so that the four together hold the half. value = d * (2 scale + 1) * (grid ± 1/8).
 */
import { readU16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'
import { iq1Grid } from './grids.ts'
import { f16ToF32 } from './half.ts'

export const iq1_m = defineBlockType({
  name: 'iq1_m',
  ggufId: 29,
  blockLength: 256,
  blockBytes: 56,
  fields: { rowsLow: 32, rowsHigh: 16, scales: 8 },
  decodeBlock(bytes, at, values, to) {
    let scaleBits = 0
    for (let part = 0; part < 4; part++) scaleBits |= (readU16(bytes, at + 48 + part * 2) >> 12) << (4 * part)
    const superScale = f16ToF32(scaleBits)
    for (let row = 0; row < 32; row++) {
      const scales = readU16(bytes, at + 48 + (row >> 3) * 2)
      const scale = superScale * (2 * ((scales >> (3 * ((row >> 1) & 3))) & 7) + 1)
      const high = bytes[at + 32 + (row >> 1)] >> (4 * (row & 1))
      const gridRow = (bytes[at + row] | ((high & 7) << 8)) * 8
      const shift = high & 8 ? -0.125 : 0.125
      const first = to + row * 8
      for (let i = 0; i < 8; i++) values[first + i] = scale * (iq1Grid[gridRow + i] + shift)
    }
  },
})

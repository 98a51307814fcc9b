/**
 * IQ4_XS, 256 values in 136 bytes (4.25 bits each): `d f16 | high scale bits u16 | low scale bits 4 | 128 bytes of codes`. Each 32
 * values have a 6-bit scale and 16 bytes of codes, laid out as in IQ4_NL. value = d * (scale - 32) * nonLinear[code].
 */
import { readF16, readU16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'
import { nonLinearLevels } from './iq4-nl.ts'

export const iq4_xs = defineBlockType({
  name: 'iq4_xs',
  ggufId: 23,
  blockLength: 256,
  blockBytes: 136,
  fields: { scale: 2, scalesHigh: 2, scalesLow: 4, codes: 128 },
  decodeBlock(bytes, at, values, to) {
    const superScale = readF16(bytes, at)
    const scalesHigh = readU16(bytes, at + 2)
    for (let group = 0; group < 8; group++) {
      const low = (bytes[at + 4 + (group >> 1)] >> (4 * (group & 1))) & 15
      const scale = superScale * ((low | (((scalesHigh >> (2 * group)) & 3) << 4)) - 32)
      const first = to + group * 32
      for (let i = 0; i < 16; i++) {
        const codes = bytes[at + 8 + group * 16 + i]
        values[first + i] = scale * nonLinearLevels[codes & 15]
        values[first + 16 + i] = scale * nonLinearLevels[codes >> 4]
      }
    }
  },
})

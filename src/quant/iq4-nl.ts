/**
 * IQ4_NL, 32 values in 18 bytes (4.5 bits each): `d f16 | 16 bytes of codes`; byte i holds value i low and value i + 16 high.
 * value = d * nonLinear[code]: a fixed table, denser around zero, where most weights lie.
 */
import { readF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'

/** The 16 levels that IQ4_NL and IQ4_XS share. */
export const nonLinearLevels = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)

export const iq4_nl = defineBlockType({
  name: 'iq4_nl',
  ggufId: 20,
  blockLength: 32,
  blockBytes: 18,
  fields: { scale: 2, codes: 16 },
  decodeBlock(bytes, at, values, to) {
    const scale = readF16(bytes, at)
    for (let i = 0; i < 16; i++) {
      const codes = bytes[at + 2 + i]
      values[to + i] = scale * nonLinearLevels[codes & 15]
      values[to + 16 + i] = scale * nonLinearLevels[codes >> 4]
    }
  },
})

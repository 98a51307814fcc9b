/**
 * TQ2_0, 256 ternary values in 66 bytes (2.06 bits each): `64 bytes of codes | d f16`; in each half of 128 values, byte i holds the
 * values i, i + 32, i + 64, i + 96 in two bits each. value = d * (code - 1).
 */
import { inverse, readF16, signedPeak, writeF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'
import { roundHalfAway } from './q8-0.ts'

export const tq2_0 = defineBlockType({
  name: 'tq2_0',
  ggufId: 35,
  blockLength: 256,
  blockBytes: 66,
  fields: { codes: 64, scale: 2 },
  decodeBlock(bytes, at, values, to) {
    const scale = readF16(bytes, at + 64)
    for (let i = 0; i < 64; i++) {
      const codes = bytes[at + i]
      const first = to + (i >> 5) * 128 + (i & 31)
      for (let part = 0; part < 4; part++) values[first + part * 32] = scale * (((codes >> (2 * part)) & 3) - 1)
    }
  },
  encodeBlock(values, from, bytes, at) {
    const scale = Math.abs(signedPeak(values, from, 256))
    const inverseScale = inverse(scale)
    for (let i = 0; i < 64; i++) {
      const first = from + (i >> 5) * 128 + (i & 31)
      let codes = 0
      for (let part = 0; part < 4; part++) {
        codes |= (roundHalfAway(Math.fround(values[first + part * 32] * inverseScale)) + 1) << (2 * part)
      }
      bytes[at + i] = codes
    }
    writeF16(scale, bytes, at + 64)
  },
})

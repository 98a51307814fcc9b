/**
 * Q2_K, 256 values in 84 bytes (2.63 bits each): `16 bytes of scales | 64 bytes of codes | d f16 | dmin f16`. Each 16 values have a
 * 4-bit scale (low) and minimum (high); in each half of 128 values, byte i holds the values i, i + 32, i + 64, i + 96 in two bits each.
 * value = d * scale * code - dmin * min.
 */
import { affineSearch, encodeAffineSuperBlock } from './affine-search.ts'
import { readF16, writeF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'

const search = affineSearch({ groupCount: 16, groupLength: 16, maxCode: 3, maxScale: 15 })

export const q2_k = defineBlockType({
  name: 'q2_k',
  ggufId: 10,
  blockLength: 256,
  blockBytes: 84,
  fields: { scalesAndMins: 16, codes: 64, scale: 2, min: 2 },
  decodeBlock(bytes, at, values, to) {
    const superScale = readF16(bytes, at + 80)
    const superMin = readF16(bytes, at + 82)
    for (let group = 0; group < 16; group++) {
      const scaleAndMin = bytes[at + group]
      const scale = superScale * (scaleAndMin & 15)
      const min = superMin * (scaleAndMin >> 4)
      const firstByte = at + 16 + (group >> 3) * 32 + (group & 1) * 16
      const shift = ((group >> 1) & 3) * 2
      for (let i = 0; i < 16; i++) values[to + group * 16 + i] = scale * ((bytes[firstByte + i] >> shift) & 3) - min
    }
  },
  encodeBlock(values, from, bytes, at) {
    encodeAffineSuperBlock(search, values, from)
    const { scales, mins, codes } = search
    for (let group = 0; group < 16; group++) bytes[at + group] = scales[group] | (mins[group] << 4)
    for (let i = 0; i < 64; i++) {
      const first = (i >> 5) * 128 + (i & 31)
      bytes[at + 16 + i] = codes[first] | (codes[first + 32] << 2) | (codes[first + 64] << 4) | (codes[first + 96] << 6)
    }
    writeF16(search.superScale, bytes, at + 80)
    writeF16(search.superMin, bytes, at + 82)
  },
})

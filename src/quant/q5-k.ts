/**
 * Q5_K, 256 values in 176 bytes (5.5 bits each): `d f16 | dmin f16 | 12 bytes of scales | 32 bytes of fifth bits | 128 bytes of low
 * nibbles`, scales and nibbles as in Q4_K; bit n of fifth-bit byte i belongs to value 32 n + i. value = d * scale * code - dmin * min.
 */
import { affineSearch, encodeAffineSuperBlock } from './affine-search.ts'
import { readF16, writeF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'
import { packScalesAndMins, unpackMin, unpackScale } from './scale-min-packing.ts'

const search = affineSearch({ groupCount: 8, groupLength: 32, maxCode: 31, maxScale: 63 })

export const q5_k = defineBlockType({
  name: 'q5_k',
  ggufId: 13,
  blockLength: 256,
  blockBytes: 176,
  fields: { scale: 2, min: 2, scalesAndMins: 12, fifthBits: 32, codes: 128 },
  decodeBlock(bytes, at, values, to) {
    const superScale = readF16(bytes, at)
    const superMin = readF16(bytes, at + 2)
    for (let group = 0; group < 8; group++) {
      const scale = superScale * unpackScale(bytes, at + 4, group)
      const min = superMin * unpackMin(bytes, at + 4, group)
      const firstByte = at + 48 + (group >> 1) * 32
      const shift = (group & 1) * 4
      const first = to + group * 32
      for (let i = 0; i < 32; i++) {
        const fifthBit = (bytes[at + 16 + i] >> group) & 1
        values[first + i] = scale * (((bytes[firstByte + i] >> shift) & 15) | (fifthBit << 4)) - min
      }
    }
  },
  encodeBlock(values, from, bytes, at) {
    encodeAffineSuperBlock(search, values, from)
    const { codes } = search
    writeF16(search.superScale, bytes, at)
    writeF16(search.superMin, bytes, at + 2)
    packScalesAndMins(search.scales, search.mins, bytes, at + 4)
    for (let i = 0; i < 32; i++) {
      let fifthBits = 0
      for (let group = 0; group < 8; group++) fifthBits |= (codes[group * 32 + i] >> 4) << group
      bytes[at + 16 + i] = fifthBits
    }
    for (let i = 0; i < 128; i++) {
      const first = (i >> 5) * 64 + (i & 31)
      bytes[at + 48 + i] = (codes[first] & 15) | ((codes[first + 32] & 15) << 4)
    }
  },
})

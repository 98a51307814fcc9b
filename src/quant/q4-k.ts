/**
 * Q4_K, 256 values in 144 bytes (4.5 bits each): `d f16 | dmin f16 | 12 bytes of scales | 128 bytes of codes`. Each 32 values have a
 * 6-bit scale and minimum (see scale-min-packing.ts); in each 64 values, byte i holds value i low and value i + 32 high.
 * value = d * scale * code - dmin * min.
 */
import { affineSearch, encodeAffineSuperBlock } from './affine-search.ts'
import { readF16, writeF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'
import { packScalesAndMins, unpackMin, unpackScale } from './scale-min-packing.ts'

const search = affineSearch({ groupCount: 8, groupLength: 32, maxCode: 15, maxScale: 63 })

export const q4_k = defineBlockType({
  name: 'q4_k',
  ggufId: 12,
  blockLength: 256,
  blockBytes: 144,
  fields: { scale: 2, min: 2, scalesAndMins: 12, codes: 128 },
  decodeBlock(bytes, at, values, to) {
    const superScale = readF16(bytes, at)
    const superMin = readF16(bytes, at + 2)
    for (let group = 0; group < 8; group++) {
      const scale = superScale * unpackScale(bytes, at + 4, group)
      const min = superMin * unpackMin(bytes, at + 4, group)
      const firstByte = at + 16 + (group >> 1) * 32
      const shift = (group & 1) * 4
      const first = to + group * 32
      for (let i = 0; i < 32; i++) values[first + i] = scale * ((bytes[firstByte + i] >> shift) & 15) - min
    }
  },
  encodeBlock(values, from, bytes, at) {
    encodeAffineSuperBlock(search, values, from)
    const { codes } = search
    writeF16(search.superScale, bytes, at)
    writeF16(search.superMin, bytes, at + 2)
    packScalesAndMins(search.scales, search.mins, bytes, at + 4)
    for (let i = 0; i < 128; i++) {
      const first = (i >> 5) * 64 + (i & 31)
      bytes[at + 16 + i] = codes[first] | (codes[first + 32] << 4)
    }
  },
})

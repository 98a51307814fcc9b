/**
 * Q6_K, 256 values in 210 bytes (6.56 bits each): `128 bytes of low nibbles | 64 bytes of upper bits | 16 signed scales | d f16`. In
 * each half of 128 values, nibble byte i (0..63) holds value i low and value i + 64 high, upper-bit byte i (0..31) the values i, i + 32,
 * i + 64, i + 96 in two bits each; each 16 values have a scale. value = d * scale * (code - 32).
 */
import { readF16, writeF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'
import { encodeSymmetricSuperBlock, symmetricSearch } from './symmetric-search.ts'

const search = symmetricSearch({ codeLimit: 32, scaleLimit: 128 })

export const q6_k = defineBlockType({
  name: 'q6_k',
  ggufId: 14,
  blockLength: 256,
  blockBytes: 210,
  fields: { lowNibbles: 128, upperBits: 64, scales: 16, scale: 2 },
  decodeBlock(bytes, at, values, to) {
    const superScale = readF16(bytes, at + 208)
    for (let group = 0; group < 16; group++) {
      const scale = superScale * ((bytes[at + 192 + group] << 24) >> 24)
      const half = group >> 3
      const nibbleByte = at + half * 64 + (group & 3) * 16
      const nibbleShift = ((group >> 2) & 1) * 4
      const upperByte = at + 128 + half * 32 + (group & 1) * 16
      const upperShift = ((group >> 1) & 3) * 2
      const first = to + group * 16
      for (let i = 0; i < 16; i++) {
        const low = (bytes[nibbleByte + i] >> nibbleShift) & 15
        const upper = (bytes[upperByte + i] >> upperShift) & 3
        values[first + i] = scale * ((low | (upper << 4)) - 32)
      }
    }
  },
  encodeBlock(values, from, bytes, at) {
    encodeSymmetricSuperBlock(search, values, from)
    const { scales, codes } = search
    bytes.fill(0, at, at + 192)
    for (let i = 0; i < 256; i++) {
      const code = codes[i] + 32
      const half = i >> 7
      bytes[at + half * 64 + (i & 63)] |= (code & 15) << (4 * ((i >> 6) & 1))
      bytes[at + 128 + half * 32 + (i & 31)] |= (code >> 4) << (2 * ((i >> 5) & 3))
    }
    for (let group = 0; group < 16; group++) bytes[at + 192 + group] = scales[group]
    writeF16(search.superScale, bytes, at + 208)
  },
})

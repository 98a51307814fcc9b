/**
 * Q3_K, 256 values in 110 bytes (3.44 bits each): `32 bytes of third bits | 64 bytes of low bits | 12 bytes of scales | d f16`. Low bits
 * as in Q2_K; bit n of third-bit byte i belongs to value 32 n + i. Each 16 values have a 6-bit scale: low nibbles in bytes 0..7 (scale
 * 8 + i above scale i), upper bits in bytes 8..11 (scales i, i + 4, i + 8, i + 12). value = d * (scale - 32) * (code - 4).
 */
import { readF16, writeF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'
import { encodeSymmetricSuperBlock, symmetricSearch } from './symmetric-search.ts'

const search = symmetricSearch({ codeLimit: 4, scaleLimit: 32 })

export const q3_k = defineBlockType({
  name: 'q3_k',
  ggufId: 11,
  blockLength: 256,
  blockBytes: 110,
  fields: { thirdBits: 32, lowBits: 64, scales: 12, scale: 2 },
  decodeBlock(bytes, at, values, to) {
    const superScale = readF16(bytes, at + 108)
    for (let group = 0; group < 16; group++) {
      const low = (bytes[at + 96 + (group & 7)] >> (4 * (group >> 3))) & 15
      const high = (bytes[at + 104 + (group & 3)] >> (2 * (group >> 2))) & 3
      const scale = superScale * ((low | (high << 4)) - 32)
      const column = (group & 1) * 16
      const firstByte = at + 32 + (group >> 3) * 32 + column
      const shift = ((group >> 1) & 3) * 2
      for (let i = 0; i < 16; i++) {
        const thirdBit = (bytes[at + column + i] >> (group >> 1)) & 1
        values[to + group * 16 + i] = scale * (((bytes[firstByte + i] >> shift) & 3) + 4 * thirdBit - 4)
      }
    }
  },
  encodeBlock(values, from, bytes, at) {
    encodeSymmetricSuperBlock(search, values, from)
    const { scales, codes } = search
    bytes.fill(0, at, at + 110)
    for (let group = 0; group < 16; group++) {
      const scale = scales[group] + 32
      bytes[at + 96 + (group & 7)] |= (scale & 15) << (4 * (group >> 3))
      bytes[at + 104 + (group & 3)] |= (scale >> 4) << (2 * (group >> 2))
    }
    for (let i = 0; i < 256; i++) {
      const code = codes[i] + 4
      bytes[at + (i & 31)] |= (code >> 2) << (i >> 5)
      bytes[at + 32 + (i >> 7) * 32 + (i & 31)] |= (code & 3) << (2 * ((i >> 5) & 3))
    }
    writeF16(search.superScale, bytes, at + 108)
  },
})

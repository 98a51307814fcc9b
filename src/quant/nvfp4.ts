/**
 * NVFP4, 64 values in 36 bytes (4.5 bits each): `4 scales UE4M3 | 32 bytes of E2M1 codes`; each 16 values have a scale and 8 bytes,
 * whose low nibbles hold the first 8. value = scale / 2 * e2m1[code], with the E2M1 values doubled to be whole.
 */
import { defineBlockType } from './define-block-type.ts'
import { doubledE2m1 } from './mxfp4.ts'

export const nvfp4 = defineBlockType({
  name: 'nvfp4',
  ggufId: 40,
  blockLength: 64,
  blockBytes: 36,
  fields: { scales: 4, codes: 32 },
  decodeBlock(bytes, at, values, to) {
    for (let group = 0; group < 4; group++) {
      const scale = halfUe4m3(bytes[at + group])
      for (let i = 0; i < 8; i++) {
        const codes = bytes[at + 4 + group * 8 + i]
        values[to + group * 16 + i] = scale * doubledE2m1[codes & 15]
        values[to + group * 16 + 8 + i] = scale * doubledE2m1[codes >> 4]
      }
    }
  },
})

/** Half the value of an unsigned E4M3 (bias 7, the top bit ignored); the NaN code 0x7f counts as 0, as in ggml. */
function halfUe4m3(bits: number): number {
  if (bits === 0x7f) return 0
  const exponent = (bits >> 3) & 15
  const fraction = bits & 7
  return exponent === 0 ? fraction * 2 ** -10 : (8 + fraction) * 2 ** (exponent - 11)
}

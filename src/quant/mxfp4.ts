/**
 * MXFP4 (OCP microscaling), 32 values in 17 bytes (4.25 bits each): `e E8M0 | 16 bytes of E2M1 codes`; byte i holds value i low and
 * value i + 16 high. value = 2^(e - 128) * e2m1[code], with the E2M1 values doubled to be whole.
 */
import { signedPeak } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'

/** The E2M1 values times two, by code. */
export const doubledE2m1 = Int8Array.of(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12)

export const mxfp4 = defineBlockType({
  name: 'mxfp4',
  ggufId: 39,
  blockLength: 32,
  blockBytes: 17,
  fields: { exponent: 1, codes: 16 },
  decodeBlock(bytes, at, values, to) {
    const scale = halfPowerOf(bytes[at])
    for (let i = 0; i < 16; i++) {
      const codes = bytes[at + 1 + i]
      values[to + i] = scale * doubledE2m1[codes & 15]
      values[to + 16 + i] = scale * doubledE2m1[codes >> 4]
    }
  },
  encodeBlock(values, from, bytes, at) {
    const peak = Math.abs(signedPeak(values, from, 32))
    // The largest E2M1 value is 6 = 1.5 * 2^2, so the block's exponent lies 2 below that of its peak.
    const exponent = peak > 0 ? Math.floor(Math.log2(peak)) - 2 + 127 : 0
    bytes[at] = Math.max(0, exponent)
    const scale = halfPowerOf(bytes[at])
    for (let i = 0; i < 16; i++) {
      bytes[at + 1 + i] = nearestE2m1(values[from + i], scale) | (nearestE2m1(values[from + 16 + i], scale) << 4)
    }
  },
})

/** 2^(exponent - 128): half of what E8M0 says, because the table holds doubled values. */
function halfPowerOf(exponent: number): number {
  return 2 ** (exponent - 128)
}

/** The code whose value is nearest, the lower code of equals; differences are taken in float32 as ggml does. */
function nearestE2m1(value: number, scale: number): number {
  let best = 0
  let bestError = Infinity
  for (let code = 0; code < 16; code++) {
    const error = Math.abs(Math.fround(scale * doubledE2m1[code] - value))
    if (error < bestError) {
      best = code
      bestError = error
    }
  }
  return best
}

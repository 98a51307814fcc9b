/**
 * TQ1_0, 256 ternary values in 54 bytes (1.69 bits each): `48 bytes of 5 digits | 4 bytes of 4 digits | d f16`. A byte holds base-3
 * digits as the fraction q / 256, so that multiplying by 3 (modulo 256) brings the next digit to the top. value = d * (digit - 1).
 */
import { inverse, readF16, signedPeak, writeF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'
import { roundHalfAway } from './q8-0.ts'

/** The runs of bytes: from which byte, how many bytes, how many digits in each, from which value. */
const runs = [
  { firstByte: 0, byteCount: 32, digits: 5, firstValue: 0 },
  { firstByte: 32, byteCount: 16, digits: 5, firstValue: 160 },
  { firstByte: 48, byteCount: 4, digits: 4, firstValue: 240 },
] as const

export const tq1_0 = defineBlockType({
  name: 'tq1_0',
  ggufId: 34,
  blockLength: 256,
  blockBytes: 54,
  fields: { fiveDigits: 48, fourDigits: 4, scale: 2 },
  decodeBlock(bytes, at, values, to) {
    const scale = readF16(bytes, at + 52)
    for (const { firstByte, byteCount, digits, firstValue } of runs) {
      let power = 1
      for (let digit = 0; digit < digits; digit++, power *= 3) {
        for (let i = 0; i < byteCount; i++) {
          const fraction = (bytes[at + firstByte + i] * power) & 255
          values[to + firstValue + digit * byteCount + i] = scale * (((fraction * 3) >> 8) - 1)
        }
      }
    }
  },
  encodeBlock(values, from, bytes, at) {
    const scale = Math.abs(signedPeak(values, from, 256))
    const inverseScale = inverse(scale)
    for (const { firstByte, byteCount, digits, firstValue } of runs) {
      for (let i = 0; i < byteCount; i++) {
        let number = 0
        for (let digit = 0; digit < 5; digit++) {
          const value = digit < digits ? values[from + firstValue + digit * byteCount + i] : 0
          // A missing fifth digit is 0, not the code 1 of the value zero.
          const code = digit < digits ? roundHalfAway(Math.fround(value * inverseScale)) + 1 : 0
          number = number * 3 + code
        }
        bytes[at + firstByte + i] = Math.floor((number * 256 + 242) / 243)
      }
    }
    writeF16(scale, bytes, at + 52)
  },
})

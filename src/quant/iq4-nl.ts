/**
 * IQ4_NL, 32 values in 18 bytes (4.5 bits each): `d f16 | 16 bytes of codes`; byte i holds value i low and value i + 16 high.
 * value = d * nonLinear[code]: a fixed table, denser around zero, where most weights lie.
 */
import { inverse, readF16, signedPeak, writeF16 } from './block-access.ts'
import { defineBlockType } from './define-block-type.ts'

/** The 16 levels that IQ4_NL and IQ4_XS share. */
export const nonLinearLevels = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)

/** Entry 256 + n is the code for steps in (n/2 - 1/2, n/2]. */
const codeOfHalfStep = Uint8Array.from({ length: 513 }, (_, i) => {
  let code = 0
  while (code < 15 && i - 256 > nonLinearLevels[code] + nonLinearLevels[code + 1]) code++
  return code
})

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
  encodeBlock(values, from, bytes, at) {
    writeF16(bestScale(values, from), bytes, at)
    // The codes are chosen for the scale as it was stored.
    const inverseScale = inverse(readF16(bytes, at))
    for (let i = 0; i < 16; i++) {
      const low = nearestLevel(values[from + i] * inverseScale)
      bytes[at + 2 + i] = low | (nearestLevel(values[from + 16 + i] * inverseScale) << 4)
    }
  },
})

/** Tries step sizes that lay the peak on or near either end of the levels; each is refit to the codes that it gives. */
function bestScale(values: Float32Array, from: number): number {
  const peak = signedPeak(values, from, 32)
  if (peak === 0) return 0
  let bestGain = -Infinity
  let best = 0
  for (let side = 0; side < 2; side++) {
    const end = nonLinearLevels[side * 15]
    for (let step = -7; step <= 7; step++) {
      const inverseScale = (end + step * 2) / peak
      let sumXL = 0
      let sumLL = 0
      for (let i = from; i < from + 32; i++) {
        const level = nonLinearLevels[nearestLevel(values[i] * inverseScale)]
        sumXL += values[i] * level
        sumLL += level * level
      }
      // The squared error is sum(x²) minus this gain.
      const gain = (sumXL * sumXL) / sumLL
      if (gain > bestGain) {
        bestGain = gain
        best = sumXL / sumLL
      }
    }
  }
  return best
}

/**
 * The code of the level nearest to `steps`, the lower of two equally near. All midpoints between levels are multiples of a half, so
 * a table of half steps from -128 to 128 knows the answer.
 */
function nearestLevel(steps: number): number {
  if (steps <= nonLinearLevels[0]) return 0
  if (steps >= nonLinearLevels[15]) return 15
  return codeOfHalfStep[Math.ceil(steps * 2) + 256]
}

/**
 * Encodes a super-block of 256 values as `d * scale * code - dmin * min` with whole scales, minimums and codes (Q2_K, Q4_K, Q5_K),
 * for the least squared error: fit each group alone, choose d and dmin, let each group pick the best whole scale and minimum near its
 * fit, then refit d and dmin to the codes. The group fit is the search of llama.cpp's `make_qkx2_quants` with equal weights; the choice
 * of neighbours and the refit are ours, and make the result better than llama.cpp's in RMSE.
 */
import { f16ToF32, f32ToF16 } from './half.ts'

const superBlockLength = 256
const greatestHalf = 65504
const refits = 2

export interface AffineSearch {
  readonly groupCount: number
  readonly groupLength: number
  readonly maxCode: number
  readonly maxScale: number
  /** Results of the last search, reused by the next: exact in half precision. */
  superScale: number
  superMin: number
  readonly scales: Uint8Array
  readonly mins: Uint8Array
  readonly codes: Uint8Array
  /** The unrounded fit of each group. */
  readonly fittedScales: Float64Array
  readonly fittedMins: Float64Array
  readonly trialCodes: Uint8Array
}

/** The limits and the scratch memory of one block type's search. */
export function affineSearch(
  limits: Pick<AffineSearch, 'groupCount' | 'groupLength' | 'maxCode' | 'maxScale'>,
): AffineSearch {
  return {
    ...limits,
    superScale: 0,
    superMin: 0,
    scales: new Uint8Array(limits.groupCount),
    mins: new Uint8Array(limits.groupCount),
    codes: new Uint8Array(superBlockLength),
    fittedScales: new Float64Array(limits.groupCount),
    fittedMins: new Float64Array(limits.groupCount),
    trialCodes: new Uint8Array(limits.groupLength),
  }
}

/** Encodes `values[from ... from + 256]` (finite) into the fields of `search`. */
export function encodeAffineSuperBlock(search: AffineSearch, values: Float32Array, from: number): void {
  const { groupCount, groupLength, maxScale, fittedScales, fittedMins } = search
  let greatestScale = 0
  let greatestMin = 0
  for (let group = 0; group < groupCount; group++) {
    fitGroup(search, values, from + group * groupLength, group)
    greatestScale = Math.max(greatestScale, fittedScales[group])
    greatestMin = Math.max(greatestMin, fittedMins[group])
  }
  let superScale = toHalf(greatestScale / maxScale)
  let superMin = toHalf(greatestMin / maxScale)
  let error = encodeGroups(search, values, from, superScale, superMin)
  for (let refit = 0; refit < refits; refit++) {
    const kept = {
      superScale,
      superMin,
      scales: search.scales.slice(),
      mins: search.mins.slice(),
      codes: search.codes.slice(),
    }
    ;[superScale, superMin] = refitSuper(search, values, from)
    const refitError = encodeGroups(search, values, from, superScale, superMin)
    if (refitError < error) {
      error = refitError
      continue
    }
    search.scales.set(kept.scales)
    search.mins.set(kept.mins)
    search.codes.set(kept.codes)
    search.superScale = kept.superScale
    search.superMin = kept.superMin
    return
  }
}

/** Finds real scale and minimum of a group: tries 21 step sizes, and for each solves least squares on the codes it gives. */
function fitGroup(search: AffineSearch, values: Float32Array, first: number, group: number): void {
  const { groupLength, maxCode, fittedScales, fittedMins } = search
  let low = 0 // The minimum is subtracted and unsigned, so that it cannot lie above zero.
  let high = values[first]
  let sumX = 0
  for (let i = first; i < first + groupLength; i++) {
    const x = values[i]
    if (x < low) low = x
    if (x > high) high = x
    sumX += x
  }
  fittedScales[group] = 0
  fittedMins[group] = -low
  if (!(high > low)) return
  let bestGain = -Infinity
  for (let step = -10; step <= 10; step++) {
    const inverseScale = (maxCode + step * 0.1) / (high - low)
    let sumQ = 0
    let sumQQ = 0
    let sumXQ = 0
    for (let i = first; i < first + groupLength; i++) {
      const x = values[i]
      let code = ((x - low) * inverseScale + 0.5) | 0
      if (code > maxCode) code = maxCode
      sumQ += code
      sumQQ += code * code
      sumXQ += x * code
    }
    const determinant = groupLength * sumQQ - sumQ * sumQ
    if (!(determinant > 0)) continue
    let scale = (groupLength * sumXQ - sumX * sumQ) / determinant
    let offset = (sumQQ * sumX - sumQ * sumXQ) / determinant
    if (offset > 0) {
      offset = 0
      scale = sumXQ / sumQQ
    }
    // The squared error is sum(x²) minus this gain.
    const gain =
      2 * (scale * sumXQ + offset * sumX) -
      (scale * scale * sumQQ + 2 * scale * offset * sumQ + groupLength * offset * offset)
    if (gain > bestGain && scale >= 0) {
      bestGain = gain
      fittedScales[group] = scale
      fittedMins[group] = -offset
    }
  }
}

/** Gives each group its best whole scale, minimum and codes under the given d and dmin; answers the total squared error. */
function encodeGroups(
  search: AffineSearch,
  values: Float32Array,
  from: number,
  superScale: number,
  superMin: number,
): number {
  const { groupCount, groupLength, maxScale, fittedScales, fittedMins, scales, mins, codes, trialCodes } = search
  search.superScale = superScale
  search.superMin = superMin
  let total = 0
  for (let group = 0; group < groupCount; group++) {
    const first = from + group * groupLength
    const nearScale = superScale > 0 ? Math.round(fittedScales[group] / superScale) : 0
    const nearMin = superMin > 0 ? Math.round(fittedMins[group] / superMin) : 0
    let bestError = Infinity
    for (let scale = Math.max(0, nearScale - 1); scale <= Math.min(maxScale, nearScale + 1); scale++) {
      for (let min = Math.max(0, nearMin - 1); min <= Math.min(maxScale, nearMin + 1); min++) {
        const error = encodeGroup(search, values, first, superScale * scale, superMin * min, bestError)
        if (error >= bestError) continue
        bestError = error
        scales[group] = scale
        mins[group] = min
        codes.set(trialCodes, group * groupLength)
      }
    }
    total += bestError
  }
  return total
}

/** Fills `trialCodes` with the nearest codes; answers the squared error, or Infinity as soon as it passes `limit`. */
function encodeGroup(
  { groupLength, maxCode, trialCodes }: AffineSearch,
  values: Float32Array,
  first: number,
  scale: number,
  min: number,
  limit: number,
): number {
  const inverseScale = scale > 0 ? 1 / scale : 0
  let error = 0
  for (let i = 0; i < groupLength; i++) {
    const shifted = values[first + i] + min
    const steps = shifted * inverseScale + 0.5
    const code = steps <= 0 ? 0 : steps >= maxCode ? maxCode : steps | 0
    const difference = shifted - scale * code
    error += difference * difference
    if (error >= limit) return Infinity
    trialCodes[i] = code
  }
  return error
}

/** The d and dmin of least squared error for the scales, minimums and codes at hand, in half precision. */
function refitSuper(search: AffineSearch, values: Float32Array, from: number): [superScale: number, superMin: number] {
  const { groupCount, groupLength, scales, mins, codes } = search
  let sumAA = 0
  let sumAB = 0
  let sumBB = 0
  let sumXA = 0
  let sumXB = 0
  for (let group = 0; group < groupCount; group++) {
    const b = -mins[group]
    for (let i = group * groupLength; i < (group + 1) * groupLength; i++) {
      const a = scales[group] * codes[i]
      const x = values[from + i]
      sumAA += a * a
      sumAB += a * b
      sumBB += b * b
      sumXA += x * a
      sumXB += x * b
    }
  }
  const determinant = sumAA * sumBB - sumAB * sumAB
  if (determinant > 0) {
    const superScale = (sumXA * sumBB - sumXB * sumAB) / determinant
    const superMin = (sumXB * sumAA - sumXA * sumAB) / determinant
    if (superScale >= 0 && superMin >= 0) return [toHalf(superScale), toHalf(superMin)]
  }
  return [sumAA > 0 ? toHalf(Math.max(0, sumXA / sumAA)) : search.superScale, 0]
}

function toHalf(value: number): number {
  return Math.min(greatestHalf, f16ToF32(f32ToF16(value)))
}

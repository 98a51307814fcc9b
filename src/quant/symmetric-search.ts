/**
 * Encodes a super-block of 16 groups of 16 values as `d * scale * code` with signed whole scales and codes (Q3_K, Q6_K), for the least
 * squared error: fit each group alone, choose d, let each group pick the best whole scale near its fit, then refit d to the codes.
 * The group fit is the search of llama.cpp's `make_qx_quants` with equal weights; the choice of neighbours and the refit are ours.
 */
import { f16ToF32, f32ToF16 } from './half.ts'

const groupCount = 16
const groupLength = 16
const greatestHalf = 65504
const refits = 2

export interface SymmetricSearch {
  /** Codes lie in -codeLimit .. codeLimit - 1. */
  readonly codeLimit: number
  /** Scales lie in -scaleLimit .. scaleLimit - 1. */
  readonly scaleLimit: number
  /** Results of the last search, reused by the next: exact in half precision. */
  superScale: number
  readonly scales: Int8Array
  readonly codes: Int8Array
  /** The unrounded fit of each group. */
  readonly fittedScales: Float64Array
  readonly trialCodes: Int8Array
}

/** The limits and the scratch memory of one block type's search. */
export function symmetricSearch(limits: Pick<SymmetricSearch, 'codeLimit' | 'scaleLimit'>): SymmetricSearch {
  return {
    ...limits,
    superScale: 0,
    scales: new Int8Array(groupCount),
    codes: new Int8Array(groupCount * groupLength),
    fittedScales: new Float64Array(groupCount),
    trialCodes: new Int8Array(groupLength),
  }
}

/** Encodes `values[from ... from + 256]` (finite) into the fields of `search`. */
export function encodeSymmetricSuperBlock(search: SymmetricSearch, values: Float32Array, from: number): void {
  const { scaleLimit, fittedScales } = search
  let peak = 0
  for (let group = 0; group < groupCount; group++) {
    fittedScales[group] = fitGroup(search.codeLimit, values, from + group * groupLength)
    if (Math.abs(fittedScales[group]) > Math.abs(peak)) peak = fittedScales[group]
  }
  // The widest group gets scale -scaleLimit, the end of the range that has one step more.
  let superScale = toHalf(peak / -scaleLimit)
  let error = encodeGroups(search, values, from, superScale)
  for (let refit = 0; refit < refits; refit++) {
    const kept = { superScale, scales: search.scales.slice(), codes: search.codes.slice() }
    superScale = refitSuper(search, values, from)
    const refitError = encodeGroups(search, values, from, superScale)
    if (refitError < error) {
      error = refitError
      continue
    }
    search.scales.set(kept.scales)
    search.codes.set(kept.codes)
    search.superScale = kept.superScale
    return
  }
}

/** The real scale of a group: tries step sizes around the one that just reaches the peak, with the best scale for each one's codes. */
function fitGroup(codeLimit: number, values: Float32Array, first: number): number {
  let peak = 0
  for (let i = first; i < first + groupLength; i++) if (Math.abs(values[i]) > Math.abs(peak)) peak = values[i]
  if (peak === 0) return 0
  let bestGain = -Infinity
  let bestScale = 0
  for (let step = -9; step <= 9; step++) {
    const inverseScale = -(codeLimit + step * 0.1) / peak
    let sumQQ = 0
    let sumXQ = 0
    for (let i = first; i < first + groupLength; i++) {
      const x = values[i]
      const code = nearestCode(x * inverseScale, codeLimit)
      sumQQ += code * code
      sumXQ += x * code
    }
    // The squared error is sum(x²) minus this gain.
    const gain = (sumXQ * sumXQ) / sumQQ
    if (gain > bestGain) {
      bestGain = gain
      bestScale = sumXQ / sumQQ
    }
  }
  return bestScale
}

/** Gives each group its best whole scale and codes under the given d; answers the total squared error. */
function encodeGroups(search: SymmetricSearch, values: Float32Array, from: number, superScale: number): number {
  const { codeLimit, scaleLimit, fittedScales, scales, codes, trialCodes } = search
  search.superScale = superScale
  let total = 0
  for (let group = 0; group < groupCount; group++) {
    const near = superScale === 0 ? 0 : Math.round(fittedScales[group] / superScale)
    const center = Math.min(scaleLimit - 1, Math.max(-scaleLimit, near))
    let bestError = Infinity
    for (let scale = Math.max(-scaleLimit, center - 1); scale <= Math.min(scaleLimit - 1, center + 1); scale++) {
      const error = encodeGroup(
        codeLimit,
        trialCodes,
        values,
        from + group * groupLength,
        superScale * scale,
        bestError,
      )
      if (error >= bestError) continue
      bestError = error
      scales[group] = scale
      codes.set(trialCodes, group * groupLength)
    }
    total += bestError
  }
  return total
}

/** Fills `trialCodes` with the nearest codes; answers the squared error, or Infinity as soon as it passes `limit`. */
function encodeGroup(
  codeLimit: number,
  trialCodes: Int8Array,
  values: Float32Array,
  first: number,
  scale: number,
  limit: number,
): number {
  const inverseScale = scale === 0 ? 0 : 1 / scale
  let error = 0
  for (let i = 0; i < groupLength; i++) {
    const x = values[first + i]
    const code = nearestCode(x * inverseScale, codeLimit)
    const difference = x - scale * code
    error += difference * difference
    if (error >= limit) return Infinity
    trialCodes[i] = code
  }
  return error
}

function nearestCode(steps: number, codeLimit: number): number {
  if (steps <= -codeLimit) return -codeLimit
  if (steps >= codeLimit - 1) return codeLimit - 1
  return Math.floor(steps + 0.5)
}

/** The d of least squared error for the scales and codes at hand, in half precision. */
function refitSuper({ scales, codes, superScale }: SymmetricSearch, values: Float32Array, from: number): number {
  let sumAA = 0
  let sumXA = 0
  for (let i = 0; i < groupCount * groupLength; i++) {
    const a = scales[i >> 4] * codes[i]
    sumAA += a * a
    sumXA += values[from + i] * a
  }
  return sumAA > 0 ? toHalf(sumXA / sumAA) : superScale
}

function toHalf(value: number): number {
  return Math.max(-greatestHalf, Math.min(greatestHalf, f16ToF32(f32ToF16(value))))
}

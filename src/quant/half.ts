/** Conversions between float32 and the two 16-bit floats of model files: IEEE half (f16) and bfloat16 (bf16). */

const floatScratch = new Float32Array(1)
const bitsScratch = new Uint32Array(floatScratch.buffer)

/** All 65,536 halves as float32: one load per scale beats any bit trick in JavaScript, and costs 256 KiB once. */
const f16Values = buildF16Values()

/** The float32 value of half-precision `bits` (0..65535). Exact. */
export function f16ToF32(bits: number): number {
  return f16Values[bits]
}

/** The half-precision bits nearest to `value` (as float32), ties to even; beyond 65,520 infinity, as IEEE says. */
export function f32ToF16(value: number): number {
  floatScratch[0] = value
  return f32BitsToF16(bitsScratch[0])
}

/** As `f32ToF16`, from float32 bits, so that the payload of a NaN survives where the half has room for it. */
export function f32BitsToF16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7c00 | ((magnitude >>> 13) & 0x3ff || 1)
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude >= 0x38800000) {
    // Normal half: move the exponent bias from 127 to 15; a carry out of the fraction rightly raises the exponent.
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
  }
  if (magnitude < 0x33000000) return sign
  // Subnormal half: shift the fraction with its hidden one, and round by what falls out.
  const shift = 126 - (magnitude >>> 23)
  const fraction = (magnitude & 0x7fffff) | 0x800000
  const kept = fraction >>> shift
  const lost = fraction & ((1 << shift) - 1)
  const half = 1 << (shift - 1)
  return sign | (kept + (lost > half || (lost === half && (kept & 1) === 1) ? 1 : 0))
}

/** The float32 value of bfloat16 `bits` (0..65535). Exact: bfloat16 is the upper half of a float32. */
export function bf16ToF32(bits: number): number {
  bitsScratch[0] = bits << 16
  return floatScratch[0]
}

/** The bfloat16 bits nearest to `value` (as float32), ties to even. */
export function f32ToBf16(value: number): number {
  floatScratch[0] = value
  return f32BitsToBf16(bitsScratch[0])
}

/** As `f32ToBf16`, from float32 bits. A NaN is made quiet: cutting its fraction could otherwise leave an infinity. */
export function f32BitsToBf16(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff
}

function buildF16Values(): Float32Array {
  const values = new Float32Array(65536)
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >> 10) & 0x1f
    const fraction = bits & 0x3ff
    let magnitude: number
    if (exponent === 0) magnitude = fraction * 2 ** -24
    else if (exponent < 31) magnitude = (1024 + fraction) * 2 ** (exponent - 25)
    else magnitude = fraction === 0 ? Infinity : NaN
    values[bits] = bits & 0x8000 ? -magnitude : magnitude
  }
  return values
}

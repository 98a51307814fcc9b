/** What most blocks share: the half-precision scale field, and the search for a block's extreme values. */
import { f16ToF32, f32ToF16 } from './half.ts'

/** The half-precision field at `bytes[at]`, as float32. */
export function readF16(bytes: Uint8Array, at: number): number {
  return f16ToF32(bytes[at] | (bytes[at + 1] << 8))
}

/** Writes `value`, rounded to half precision, at `bytes[at]`. */
export function writeF16(value: number, bytes: Uint8Array, at: number): void {
  const bits = f32ToF16(value)
  bytes[at] = bits
  bytes[at + 1] = bits >> 8
}

/** The 16-bit field at `bytes[at]`, little endian. */
export function readU16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8)
}

/** The 32-bit field at `bytes[at]`, little endian, unsigned. */
export function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
}

/** The value of greatest magnitude, with its sign; the first of equals. */
export function signedPeak(values: Float32Array, from: number, length: number): number {
  let peak = 0
  for (let i = from; i < from + length; i++) if (Math.abs(values[i]) > Math.abs(peak)) peak = values[i]
  return peak
}

export function smallest(values: Float32Array, from: number, length: number): number {
  let result = values[from]
  for (let i = from + 1; i < from + length; i++) if (values[i] < result) result = values[i]
  return result
}

export function greatest(values: Float32Array, from: number, length: number): number {
  let result = values[from]
  for (let i = from + 1; i < from + length; i++) if (values[i] > result) result = values[i]
  return result
}

/** 1 / scale in float32; 0 where that has no finite value, because such a scale is 0 in half precision anyway. */
export function inverse(scale: number): number {
  const result = Math.fround(1 / scale)
  return Number.isFinite(result) ? result : 0
}

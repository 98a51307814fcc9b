/**
 * y = x w^T as devices with quantised activations compute it, in double precision: activations rounded per block of 32 to 8 or 16 bits,
 * everything else exact. What is left between this and a device is rounding of f32 sums, for which there is a hard bound.
 */

export const activationBlock = 32

/** Largest code: 127 for weights of 2 to 6 bits, 32767 for weights of 8. */
export type CodeLimit = 127 | 32767

const { fround } = Math

/** Activations as the device sees them: each the nearest multiple of its block's scale, in the device's own f32 steps. */
export function roundActivations(x: Float32Array, limit: CodeLimit): Float64Array {
  const rounded = new Float64Array(x.length)
  for (let start = 0; start < x.length; start += activationBlock) {
    let peak = 0
    for (let i = start; i < start + activationBlock; i++) peak = Math.max(peak, Math.abs(x[i]))
    if (peak === 0) continue
    const scale = fround(peak * fround(1 / limit))
    const inverse = fround(limit / peak)
    for (let i = start; i < start + activationBlock; i++) {
      const code = nearestEven(fround(x[i] * inverse))
      rounded[i] = Math.max(-limit - 1, Math.min(limit, code)) * scale
    }
  }
  return rounded
}

function nearestEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest === 0.5) return floor % 2 === 0 ? floor : floor + 1
  return rest < 0.5 ? floor : floor + 1
}

export interface Product {
  readonly values: Float32Array
  /** Sum over k of |activation| * (sizes of the terms of the weight): what rounding errors of the sum are relative to. */
  readonly sizes: Float64Array
}

/** x [T, K], w [N, K]; `terms` [N, K] are the sizes of what a kernel adds up for each weight. */
export function product(x: Float64Array | Float32Array, w: Float32Array, terms: Float32Array, k: number): Product {
  const [T, N] = [x.length / k, w.length / k]
  const values = new Float32Array(T * N)
  const sizes = new Float64Array(T * N)
  for (let t = 0; t < T; t++) {
    for (let n = 0; n < N; n++) {
      let [sum, size] = [0, 0]
      for (let i = 0; i < k; i++) {
        sum += x[t * k + i] * w[n * k + i]
        size += Math.abs(x[t * k + i]) * terms[n * k + i]
      }
      values[t * N + n] = sum
      sizes[t * N + n] = size
    }
  }
  return { values, sizes }
}

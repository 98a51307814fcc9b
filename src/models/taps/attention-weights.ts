/**
 * The weights that attention never writes down: devices keep a running softmax, so they are computed again from the queries and the
 * cached keys, for the tokens that somebody looks at.
 */
import type { CachePages } from '../../tensor/device.ts'
import type { AttentionAttributes } from '../../tensor/ops/attention.ts'

export interface AttendingTokens {
  readonly sequence: number
  /** Position of the first one; the others follow. */
  readonly start: number
  readonly count: number
  /** Rotated queries [count, heads * headDim]. */
  readonly queries: Float32Array
}

/** Shares [heads, count, start + count] that each token gives to each position; zero outside of its window and after it. */
export function attentionWeights(
  { keyProducts }: Pick<CachePages, 'keyProducts'>,
  { cache, heads, kvHeads, headDim, scale, window, softcap }: AttentionAttributes,
  { sequence, start, count, queries }: AttendingTokens,
): Float32Array {
  const end = start + count
  const weights = new Float32Array(heads * count * end)
  for (let head = 0; head < heads; head++) {
    const keyHead = Math.floor((head * kvHeads) / heads)
    for (let t = 0; t < count; t++) {
      const query = queries.subarray((t * heads + head) * headDim, (t * heads + head + 1) * headDim)
      const [from, to] = [firstVisible(start + t, window), start + t + 1]
      const row = (head * count + t) * end
      const visible = weights.subarray(row + from, row + to)
      visible.set(keyProducts(cache, keyHead, sequence, query, from, to))
      softmaxInPlace(visible, scale, softcap)
    }
  }
  return weights
}

function firstVisible(position: number, window: number | undefined): number {
  return window === undefined ? 0 : Math.max(0, position - window + 1)
}

function softmaxInPlace(scores: Float32Array, scale: number, softcap: number | undefined): void {
  let greatest = -Infinity
  for (let p = 0; p < scores.length; p++) {
    const score = scores[p] * scale
    scores[p] = softcap === undefined ? score : softcap * Math.tanh(score / softcap)
    greatest = Math.max(greatest, scores[p])
  }
  let sum = 0
  for (let p = 0; p < scores.length; p++) {
    scores[p] = Math.exp(scores[p] - greatest)
    sum += scores[p]
  }
  for (let p = 0; p < scores.length; p++) scores[p] /= sum
}

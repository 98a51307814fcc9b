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
  { attentionShares }: Pick<CachePages, 'attentionShares'>,
  { cache, heads, kvHeads, headDim, scale, window, softcap }: AttentionAttributes,
  { sequence, start, count, queries }: AttendingTokens,
): Float32Array {
  const end = start + count
  const weights = new Float32Array(heads * count * end)
  for (let head = 0; head < heads; head++) {
    const keyHead = Math.floor((head * kvHeads) / heads)
    for (let t = 0; t < count; t++) {
      const values = queries.subarray((t * heads + head) * headDim, (t * heads + head + 1) * headDim)
      const [from, to] = [firstVisible(start + t, window), start + t + 1]
      const shares = attentionShares(cache, { sequence, keyHead, values, from, to, scale, softcap })
      weights.set(shares, (head * count + t) * end + from)
    }
  }
  return weights
}

function firstVisible(position: number, window: number | undefined): number {
  return window === undefined ? 0 : Math.max(0, position - window + 1)
}

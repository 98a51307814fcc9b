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
  { readKeys }: Pick<CachePages, 'readKeys'>,
  { cache, heads, kvHeads, headDim, scale, window, softcap }: AttentionAttributes,
  { sequence, start, count, queries }: AttendingTokens,
): Float32Array {
  const end = start + count
  const weights = new Float32Array(heads * count * end)
  const first = firstVisible(start, window)
  const perKeyHead = heads / kvHeads
  for (let keyHead = 0; keyHead < kvHeads; keyHead++) {
    const keys = readKeys(cache, keyHead, sequence, first, end)
    for (let head = keyHead * perKeyHead; head < (keyHead + 1) * perKeyHead; head++) {
      for (let t = 0; t < count; t++) {
        const query = queries.subarray((t * heads + head) * headDim, (t * heads + head + 1) * headDim)
        const row = weights.subarray((head * count + t) * end, (head * count + t + 1) * end)
        const visible = row.subarray(firstVisible(start + t, window), start + t + 1)
        addProducts(visible, query, keys, { stride: end - first, from: firstVisible(start + t, window) - first })
        softmaxInPlace(visible, scale, softcap)
      }
    }
  }
  return weights
}

function firstVisible(position: number, window: number | undefined): number {
  return window === undefined ? 0 : Math.max(0, position - window + 1)
}

/** scores[p] = query . key of column from + p; keys [headDim, stride]. */
function addProducts(
  scores: Float32Array,
  query: Float32Array,
  keys: Float32Array,
  { stride, from }: { readonly stride: number; readonly from: number },
): void {
  // Four dimensions at a time: a score is loaded and stored once for all of them.
  let d = 0
  for (; d + 4 <= query.length; d += 4) {
    const [a, b, c, e] = [query[d], query[d + 1], query[d + 2], query[d + 3]]
    const [row, second, third, fourth] = [0, 1, 2, 3].map((next) => (d + next) * stride + from)
    for (let p = 0; p < scores.length; p++) {
      scores[p] += a * keys[row + p] + b * keys[second + p] + c * keys[third + p] + e * keys[fourth + p]
    }
  }
  for (; d < query.length; d++) {
    const row = d * stride + from
    for (let p = 0; p < scores.length; p++) scores[p] += query[d] * keys[row + p]
  }
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

/**
 * T5's positions: a score for each head and bucket of distances is added to the scores of attention (Raffel et al. 2019,
 * arXiv:1910.10683, section 2.1). Small distances have a bucket each, larger ones share buckets on a logarithmic scale.
 */
import type { WeightSource } from '../../tensor/device.ts'
import { derivedSource, readValues } from '../../tensor/weight-source.ts'

export interface DistanceBuckets {
  readonly buckets: number
  /** From here on all distances share the last bucket. */
  readonly maxDistance: number
}

/**
 * The scores by distance [heads, 2 * maxDistance + 1] that attention adds, from those by bucket [buckets, heads]. An encoder keeps half
 * of the buckets for keys after the query; a decoder has none of those.
 */
export function relativeBiasSource(
  name: string,
  byBucket: WeightSource,
  { buckets, maxDistance }: DistanceBuckets,
  bidirectional: boolean,
): WeightSource {
  const heads = byBucket.shape[1]
  const columns = 2 * maxDistance + 1
  return derivedSource(name, [heads, columns], async () => {
    const scores = await readValues(byBucket)
    const bias = new Float32Array(heads * columns)
    for (let column = 0; column < columns; column++) {
      const bucket = bucketOf(column - maxDistance, { buckets, maxDistance }, bidirectional)
      for (let head = 0; head < heads; head++) bias[head * columns + column] = scores[bucket * heads + head]
    }
    return bias
  })
}

/** `distance`: position of the key minus that of the query. */
export function bucketOf(distance: number, { buckets, maxDistance }: DistanceBuckets, bidirectional: boolean): number {
  const count = bidirectional ? Math.floor(buckets / 2) : buckets
  const base = bidirectional && distance > 0 ? count : 0
  const length = bidirectional ? Math.abs(distance) : Math.max(0, -distance)
  const exact = Math.floor(count / 2)
  if (length < exact) return base + length
  // In f32 like the models were trained: at 2, 4, 8 times `exact` the quotient is a whole number only then.
  const share = Math.fround(Math.fround(Math.log(length / exact)) / Math.fround(Math.log(maxDistance / exact)))
  return base + Math.min(count - 1, exact + Math.trunc(Math.fround(share * (count - exact))))
}

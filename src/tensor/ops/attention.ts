/**
 * Attention over the cache of one layer: stores the keys and values of the new tokens at (sequence, position), then each token
 * attends to the positions of its own sequence that are not after it and less than `window` before it, or, where it is not causal, to
 * all up to `Batch.lasts`.
 */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensors, expectInteger, expectType, refuse, sameShape, takeInputs } from '../shape.ts'
import { softmaxOf } from './softmax.ts'

export interface AttentionAttributes {
  /** Index that `Graph.cache` gave. */
  readonly cache: number
  readonly heads: number
  /** Divides `heads`; query head h reads key head floor(h * kvHeads / heads). */
  readonly kvHeads: number
  readonly headDim: number
  /** Multiplies the scores, usually headDim ** -0.5. */
  readonly scale: number
  /** Keys visible to a query, itself included; undefined: all. */
  readonly window: number | undefined
  /** Bends scores into (-softcap, softcap); undefined: no bend. */
  readonly softcap: number | undefined
  readonly causal: boolean
}

export const attentionOp: OpDefinition<AttentionAttributes> = {
  name: 'attention',
  infer(inputs, { cache, heads, kvHeads, headDim, window, softcap, causal }) {
    const [q, k, v, positions, sequences, lasts] = takeInputs('attention', inputs, causal ? 5 : 6)
    if (!causal) expectType('attention', lasts, 'i32')
    if (!causal && window !== undefined) refuse('attention', 'no window where it is not causal', String(window))
    expectInteger('attention', 'cache', cache, 0)
    expectInteger('attention', 'kvHeads', kvHeads, 1)
    expectInteger('attention', 'heads', heads, kvHeads)
    expectInteger('attention', 'headDim', headDim, 1)
    if (heads % kvHeads !== 0) refuse('attention', 'heads a multiple of kvHeads', `${heads} and ${kvHeads}`)
    if (window !== undefined) expectInteger('attention', 'window', window, 1)
    if (softcap !== undefined && !(softcap > 0)) refuse('attention', 'a softcap above 0', String(softcap))
    const T = q.shape[0]
    const fits =
      sameShape(q.shape, [T, heads * headDim]) &&
      sameShape(k.shape, [T, kvHeads * headDim]) &&
      sameShape(v.shape, k.shape) &&
      sameShape(positions.shape, [T]) &&
      sameShape(sequences.shape, [T])
    if (!fits) {
      const expected = `q [T, ${heads * headDim}], k and v [T, ${kvHeads * headDim}], positions [T], sequences [T]`
      refuse('attention', expected, describeTensors(inputs))
    }
    expectType('attention', positions, 'i32')
    expectType('attention', sequences, 'i32')
    return { shape: q.shape, type: 'f32' }
  },
  reference({ attributes, inputs: [q, k, v, positions, sequences, lasts], output, caches }) {
    const { heads, kvHeads, headDim, scale, window, softcap, causal } = attributes
    const cache = caches[attributes.cache]
    const width = kvHeads * headDim
    const T = positions.data.length
    for (let t = 0; t < T; t++) {
      cache.key(sequences.data[t], positions.data[t]).set(k.data.subarray(t * width, (t + 1) * width))
      cache.value(sequences.data[t], positions.data[t]).set(v.data.subarray(t * width, (t + 1) * width))
    }
    for (let t = 0; t < T; t++) {
      const first = window === undefined ? 0 : Math.max(0, positions.data[t] - window + 1)
      const keys: Float32Array[] = []
      const values: Float32Array[] = []
      const last = causal ? positions.data[t] : lasts.data[t]
      for (let position = first; position <= last; position++) {
        keys.push(cache.key(sequences.data[t], position))
        values.push(cache.value(sequences.data[t], position))
      }
      for (let head = 0; head < heads; head++) {
        const start = (t * heads + head) * headDim
        const kvStart = Math.floor((head * kvHeads) / heads) * headDim
        const scores = keys.map((key) => {
          let dot = 0
          for (let i = 0; i < headDim; i++) dot += q.data[start + i] * key[kvStart + i]
          return softcap === undefined ? dot * scale : softcap * Math.tanh((dot * scale) / softcap)
        })
        const weights = softmaxOf(scores)
        for (let i = 0; i < headDim; i++) {
          let sum = 0
          for (let s = 0; s < weights.length; s++) sum += weights[s] * values[s][kvStart + i]
          output.data[start + i] = sum
        }
      }
    }
  },
}

/** Both default: a cache of its own, causal. Layers that are not causal keep nothing for later runs, so they can share a cache. */
type AttentionSettings = Omit<AttentionAttributes, 'cache' | 'causal'> & {
  readonly cache?: number
  readonly causal?: boolean
}

/** q [T, heads * headDim], k and v [T, kvHeads * headDim], of new tokens; gives [T, heads * headDim]. */
export function attention(
  g: Graph,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  settings: AttentionSettings,
  label?: string,
): Tensor {
  const { kvHeads, headDim, window, causal = true } = settings
  const cache = settings.cache ?? g.cache({ kvHeads, headDim, window })
  const inputs = [q, k, v, g.input('positions'), g.input('sequences'), ...(causal ? [] : [g.input('lasts')])]
  return g.apply(attentionOp, inputs, { ...settings, cache, causal }, label)
}

/**
 * Attention over the cache of one layer: stores the keys and values of the new tokens at (sequence, position), then each token
 * attends to the positions of its own sequence that are not after it and less than `window` before it, or, where it is not causal, to
 * all up to `Batch.lasts`. A bias [H, 2 * reach + 1] adds to each score what its head says of the distance from query to key, which is
 * clamped to `reach` (T5: Raffel et al. 2019, arXiv:1910.10683).
 */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition, Operand, ReferenceCache } from '../op.ts'
import { describeTensor, describeTensors, expectInteger, expectType, refuse, sameShape, takeInputs } from '../shape.ts'
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
    const required = causal ? 5 : 6
    const [q, k, v, positions, sequences, lasts] = takeInputs('attention', inputs, required, required + 1)
    if (!causal) expectType('attention', lasts, 'i32')
    const bias = inputs[required]
    if (bias !== undefined && softcap !== undefined) refuse('attention', 'a bias or a softcap', 'both')
    if (bias !== undefined && !isBias(bias, heads)) {
      refuse('attention', `a bias [${heads}, 2 * reach + 1]`, describeTensor(bias))
    }
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
  reference({ attributes, inputs, output, caches }) {
    const { kvHeads, headDim, window, causal } = attributes
    const [q, k, v, positions, sequences, lasts] = inputs
    const bias = inputs[causal ? 5 : 6]
    const cache = caches[attributes.cache]
    const width = kvHeads * headDim
    const T = positions.data.length
    for (let t = 0; t < T; t++) {
      cache.key(sequences.data[t], positions.data[t]).set(k.data.subarray(t * width, (t + 1) * width))
      cache.value(sequences.data[t], positions.data[t]).set(v.data.subarray(t * width, (t + 1) * width))
    }
    for (let t = 0; t < T; t++) {
      const first = window === undefined ? 0 : Math.max(0, positions.data[t] - window + 1)
      const last = causal ? positions.data[t] : lasts.data[t]
      const seen = readCache(cache, sequences.data[t], first, last)
      const addend = bias && ((head: number, index: number) => biasOf(bias, head, first + index - positions.data[t]))
      attend(q.data, seen, attributes, t, output.data, addend)
    }
  },
}

interface SeenPositions {
  readonly keys: readonly Float32Array[]
  readonly values: readonly Float32Array[]
}

/** Keys and values of positions `first` to `last`. */
export function readCache(cache: ReferenceCache, sequence: number, first: number, last: number): SeenPositions {
  const positions = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  return {
    keys: positions.map((position) => cache.key(sequence, position)),
    values: positions.map((position) => cache.value(sequence, position)),
  }
}

/** Writes what the queries of token `t` [H, headDim] make of the positions that they see; `addend` is added to the scores. */
export function attend(
  q: ArrayLike<number>,
  { keys, values }: SeenPositions,
  { heads, kvHeads, headDim, scale, softcap }: Omit<AttentionAttributes, 'cache' | 'window' | 'causal'>,
  t: number,
  output: Float32Array,
  addend?: (head: number, index: number) => number,
): void {
  for (let head = 0; head < heads; head++) {
    const start = (t * heads + head) * headDim
    const kvStart = Math.floor((head * kvHeads) / heads) * headDim
    const scores = keys.map((key, index) => {
      let dot = 0
      for (let i = 0; i < headDim; i++) dot += q[start + i] * key[kvStart + i]
      const score = softcap === undefined ? dot * scale : softcap * Math.tanh((dot * scale) / softcap)
      return score + (addend?.(head, index) ?? 0)
    })
    const weights = softmaxOf(scores)
    for (let i = 0; i < headDim; i++) {
      let sum = 0
      for (let s = 0; s < weights.length; s++) sum += weights[s] * values[s][kvStart + i]
      output[start + i] = sum
    }
  }
}

function isBias({ shape }: Tensor, heads: number): boolean {
  return shape.length === 2 && shape[0] === heads && typeof shape[1] === 'number' && shape[1] % 2 === 1
}

/** `distance`: position of the key minus that of the query. */
function biasOf({ shape: [, columns], data }: Operand, head: number, distance: number): number {
  const reach = (columns - 1) / 2
  return data[head * columns + Math.max(-reach, Math.min(reach, distance)) + reach]
}

/** Default: a cache of its own, causal, no bias. Layers that are not causal keep nothing for later runs, so they can share a cache. */
export type AttentionSettings = Omit<AttentionAttributes, 'cache' | 'causal'> & {
  readonly cache?: number
  readonly causal?: boolean
  /** [heads, 2 * reach + 1] */
  readonly bias?: Tensor | undefined
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
  const { bias, causal = true, ...attributes } = settings
  const { kvHeads, headDim, window } = attributes
  const cache = settings.cache ?? g.cache({ kvHeads, headDim, window })
  const inputs = [q, k, v, g.input('positions'), g.input('sequences'), ...(causal ? [] : [g.input('lasts')])]
  if (bias !== undefined) inputs.push(bias)
  return g.apply(attentionOp, inputs, { ...attributes, cache, causal }, label)
}

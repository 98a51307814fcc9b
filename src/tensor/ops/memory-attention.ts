/**
 * Cross-attention: each token attends to positions 0 to `Batch.lasts` of the memory that its sequence has, keys and values that an
 * encoder has stored (`memory-store`). Writes nothing.
 */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensors, expectInteger, expectType, refuse, sameShape, takeInputs } from '../shape.ts'
import { attend, readCache } from './attention.ts'

export interface MemoryAttentionAttributes {
  /** Index that `Graph.cache` gave. */
  readonly cache: number
  readonly heads: number
  /** Divides `heads`. */
  readonly kvHeads: number
  readonly headDim: number
  /** Multiplies the scores, usually headDim ** -0.5. */
  readonly scale: number
}

export const memoryAttentionOp: OpDefinition<MemoryAttentionAttributes> = {
  name: 'memory-attention',
  infer(inputs, { cache, heads, kvHeads, headDim }) {
    const [q, sequences, lasts] = takeInputs('memory-attention', inputs, 3)
    expectInteger('memory-attention', 'cache', cache, 0)
    expectInteger('memory-attention', 'kvHeads', kvHeads, 1)
    expectInteger('memory-attention', 'heads', heads, kvHeads)
    expectInteger('memory-attention', 'headDim', headDim, 1)
    if (heads % kvHeads !== 0) refuse('memory-attention', 'heads a multiple of kvHeads', `${heads} and ${kvHeads}`)
    if (!sameShape(q.shape, [q.shape[0], heads * headDim])) {
      refuse('memory-attention', `q [T, ${heads * headDim}]`, describeTensors([q]))
    }
    for (const input of [sequences, lasts]) expectType('memory-attention', input, 'i32')
    return { shape: q.shape, type: 'f32' }
  },
  reference({ attributes, inputs: [q, sequences, lasts], output, caches }) {
    lasts.data.forEach((last, t) => {
      const seen = readCache(caches[attributes.cache], sequences.data[t], 0, last)
      attend(q.data, seen, { ...attributes, softcap: undefined }, t, output.data)
    })
  },
}

/** q [T, heads * headDim]; gives [T, heads * headDim]. Its cache is that of the memory-store at the same place in the encoder. */
export function memoryAttention(
  g: Graph,
  q: Tensor,
  settings: Omit<MemoryAttentionAttributes, 'cache'>,
  label?: string,
): Tensor {
  const { kvHeads, headDim } = settings
  const cache = g.cache({ kvHeads, headDim, window: undefined, memory: true })
  return g.apply(memoryAttentionOp, [q, g.input('sequences'), g.input('lasts')], { ...settings, cache }, label)
}

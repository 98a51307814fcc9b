/**
 * The end of an encoder: keeps the keys and values that one layer of the decoder will attend to, at (sequence, position). Computes
 * nothing, so its output is empty.
 */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensors, expectInteger, expectType, refuse, sameShape, takeInputs } from '../shape.ts'

export interface MemoryStoreAttributes {
  /** Index that `Graph.cache` gave. */
  readonly cache: number
  readonly kvHeads: number
  readonly headDim: number
}

export const memoryStoreOp: OpDefinition<MemoryStoreAttributes> = {
  name: 'memory-store',
  infer(inputs, { cache, kvHeads, headDim }) {
    const [k, v, positions, sequences] = takeInputs('memory-store', inputs, 4)
    expectInteger('memory-store', 'cache', cache, 0)
    expectInteger('memory-store', 'kvHeads', kvHeads, 1)
    expectInteger('memory-store', 'headDim', headDim, 1)
    const T = k.shape[0]
    if (!sameShape(k.shape, [T, kvHeads * headDim]) || !sameShape(v.shape, k.shape)) {
      refuse('memory-store', `k and v [T, ${kvHeads * headDim}]`, describeTensors([k, v]))
    }
    for (const input of [positions, sequences]) expectType('memory-store', input, 'i32')
    return { shape: [0], type: 'f32' }
  },
  reference({ attributes: { cache, kvHeads, headDim }, inputs: [k, v, positions, sequences], caches }) {
    const width = kvHeads * headDim
    positions.data.forEach((position, t) => {
      caches[cache].key(sequences.data[t], position).set(k.data.subarray(t * width, (t + 1) * width))
      caches[cache].value(sequences.data[t], position).set(v.data.subarray(t * width, (t + 1) * width))
    })
  },
}

/** Keeps k and v [T, kvHeads * headDim] in a cache of their own, marked as memory. */
export function memoryStore(
  g: Graph,
  k: Tensor,
  v: Tensor,
  { kvHeads, headDim }: Omit<MemoryStoreAttributes, 'cache'>,
  label?: string,
): Tensor {
  const cache = g.cache({ kvHeads, headDim, window: undefined, memory: true })
  return g.apply(memoryStoreOp, [k, v, g.input('positions'), g.input('sequences')], { cache, kvHeads, headDim }, label)
}

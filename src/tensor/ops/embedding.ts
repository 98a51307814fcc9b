/** Rows of a table by token id: out[t] = table[tokens[t]]. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensor, expectType, lastDim, refuse, takeInputs } from '../shape.ts'

export type EmbeddingAttributes = Readonly<Record<string, never>>

export const embeddingOp: OpDefinition<EmbeddingAttributes> = {
  name: 'embedding',
  infer(inputs) {
    const [table, tokens] = takeInputs('embedding', inputs, 2)
    if (table.shape.length !== 2) refuse('embedding', 'a table [V, D]', describeTensor(table))
    if (tokens.shape.length !== 1) refuse('embedding', 'token ids [T]', describeTensor(tokens))
    expectType('embedding', tokens, 'i32')
    return { shape: [tokens.shape[0], lastDim('embedding', table)], type: 'f32' }
  },
  reference({ inputs: [table, tokens], output }) {
    const [V, D] = table.shape
    tokens.data.forEach((id, t) => {
      if (id < 0 || id >= V) refuse('embedding', `token ids from 0 to ${V - 1}`, `${id} at ${t}`)
      output.data.set(table.data.subarray(id * D, (id + 1) * D), t * D)
    })
  },
}

/** Looks up `tokens` i32 [T] in `table` [V, D]; gives [T, D]. */
export function embedding(g: Graph, table: Tensor, tokens: Tensor, label?: string): Tensor {
  return g.apply(embeddingOp, [table, tokens], {}, label)
}

/** Attention becomes two steps: one stores keys and values in their pages, one reads the pages. */
import type { Tensor } from '../../../tensor/graph.ts'
import type { AttentionAttributes } from '../../../tensor/ops/attention.ts'
import { attentionScratchBytes, chunksOf, partialsBytes } from '../kernels/attention.ts'
import { stepFor } from './context.ts'
import type { LowerOp } from './context.ts'
import { float, input, integer, rowsField, scratch, tensor } from './step.ts'
import type { FieldValue } from './step.ts'

export const lowerAttention: LowerOp = ({ cacheType, pages, push, newTensor }, { inputs, output, attributes }) => {
  const [a, b, c] = inputs as [Tensor, Tensor, Tensor]
  const { cache, heads, kvHeads, headDim, scale, window, softcap, causal } =
    attributes as unknown as AttentionAttributes
  const stored = newTensor()
  const shared = {
    sequences: input('sequences'),
    tokens: rowsField(a),
    pageTable: { kind: 'cache', cache, part: 'table' },
    tablePages: { kind: 'cache', cache, part: 'tablePages' },
    poolPages: { kind: 'cache', cache, part: 'poolPages' },
    keyPages: { kind: 'cache', cache, part: 'keys' },
    valuePages: { kind: 'cache', cache, part: 'values' },
    kvHeads: integer(kvHeads),
    headDim: integer(headDim),
  } satisfies Record<string, FieldValue>
  push({
    kernel: `store-keys-values:${cacheType}:${headDim}`,
    label: `${output.name} store`,
    inputs: [b.id, c.id],
    output: stored,
    rows: 1,
    rowBytes: 64,
    fields: {
      ...shared,
      positions: input('positions'),
      key: tensor(b.id),
      value: tensor(c.id),
    },
  })
  push({
    ...stepFor(output),
    kernel: `attention:${cacheType}:${headDim}`,
    inputs: [a.id, stored],
    scratchBytesPerThread: attentionScratchBytes(cacheType, headDim),
    sharedScratchBytes: partialsBytes(heads, headDim, pages),
    fields: {
      ...shared,
      // The last position that a query sees: its own where it is causal.
      positions: input(causal ? 'positions' : 'lasts'),
      query: tensor(a.id),
      output: tensor(output.id),
      heads: integer(heads),
      scale: float(scale),
      window: integer(window ?? 2 ** 30),
      softcap: float(softcap ?? 0),
      scratch,
      scratchStride: integer(attentionScratchBytes(cacheType, headDim)),
      partials: { kind: 'shared-scratch' },
      counters: { kind: 'counters' },
      mostChunks: integer(chunksOf(pages)),
    },
  })
}

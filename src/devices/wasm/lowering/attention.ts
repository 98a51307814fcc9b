/** Attention becomes two steps: one stores keys and values in their pages, one reads the pages. Of a memory, each program has one of them. */
import type { Tensor } from '../../../tensor/graph.ts'
import type { AttentionAttributes } from '../../../tensor/ops/attention.ts'
import type { MemoryAttentionAttributes } from '../../../tensor/ops/memory-attention.ts'
import type { MemoryStoreAttributes } from '../../../tensor/ops/memory-store.ts'
import { attentionScratchBytes, chunksOf, partialsBytes } from '../kernels/attention.ts'
import { stepFor } from './context.ts'
import type { LowerContext, LowerOp } from './context.ts'
import { float, input, integer, rowsField, scratch, tensor, vector, widthOf } from './step.ts'
import type { FieldValue } from './step.ts'

export const lowerAttention: LowerOp = (context, { inputs, output, attributes }) => {
  const [q, k, v] = inputs as [Tensor, Tensor, Tensor]
  const settings = attributes as unknown as AttentionAttributes
  const bias = inputs[settings.causal ? 5 : 6]
  const stored = context.newTensor()
  pushStore(context, { k, v, stored, label: `${output.name} store` }, settings)
  pushAttention(context, { q, output, after: [stored], bias }, settings)
}

export const lowerMemoryAttention: LowerOp = (context, { inputs, output, attributes }) => {
  const settings = attributes as unknown as MemoryAttentionAttributes
  const all = { ...settings, window: undefined, softcap: undefined, causal: false }
  pushAttention(context, { q: inputs[0] as Tensor, output, after: [], bias: undefined }, all)
}

export const lowerMemoryStore: LowerOp = (context, { inputs, output, attributes }) => {
  const [k, v] = inputs as [Tensor, Tensor]
  pushStore(context, { k, v, stored: output.id, label: output.name }, attributes as unknown as MemoryStoreAttributes)
}

interface StorePart {
  readonly k: Tensor
  readonly v: Tensor
  /** The number that stands for what was stored; steps that read it come after. */
  readonly stored: number
  readonly label: string
}

function pushStore(
  { cacheType, push }: LowerContext,
  { k, v, stored, label }: StorePart,
  settings: MemoryStoreAttributes,
): void {
  push({
    kernel: `store-keys-values:${cacheType}:${settings.headDim}`,
    label,
    inputs: [k.id, v.id],
    output: stored,
    rows: 1,
    rowBytes: 64,
    fields: {
      ...cacheFields(k, settings),
      positions: input('positions'),
      key: tensor(k.id),
      value: tensor(v.id),
    },
  })
}

interface AttendPart {
  readonly q: Tensor
  readonly output: Tensor
  readonly after: readonly number[]
  /** [heads, 2 * reach + 1] */
  readonly bias: Tensor | undefined
}

function pushAttention(
  { cacheType, pages, push }: LowerContext,
  { q, output, after, bias }: AttendPart,
  settings: AttentionAttributes,
): void {
  const { heads, headDim, scale, window, softcap, causal } = settings
  push({
    ...stepFor(output),
    kernel: `attention:${cacheType}:${headDim}${bias === undefined ? '' : ':biased'}`,
    inputs: [q.id, ...after],
    scratchBytesPerThread: attentionScratchBytes(cacheType, headDim),
    sharedScratchBytes: partialsBytes(cacheType, heads, headDim, pages),
    fields: {
      ...cacheFields(q, settings),
      // The last position that a query sees: its own where it is causal.
      positions: input(causal ? 'positions' : 'lasts'),
      query: tensor(q.id),
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
      ...(bias === undefined ? {} : biasFields(bias)),
    },
  })
}

const biasFields = (bias: Tensor): Record<string, FieldValue> => ({
  bias: vector(bias.name),
  reach: integer((widthOf(bias) - 1) / 2),
  queryPositions: input('positions'),
})

/** The fields of both steps; `rows` has a row for each token. */
const cacheFields = (rows: Tensor, { cache, kvHeads, headDim }: MemoryStoreAttributes) =>
  ({
    sequences: input('sequences'),
    tokens: rowsField(rows),
    pageTable: { kind: 'cache', cache, part: 'table' },
    tablePages: { kind: 'cache', cache, part: 'tablePages' },
    poolPages: { kind: 'cache', cache, part: 'poolPages' },
    keyPages: { kind: 'cache', cache, part: 'keys' },
    valuePages: { kind: 'cache', cache, part: 'values' },
    kvHeads: integer(kvHeads),
    headDim: integer(headDim),
  }) satisfies Record<string, FieldValue>

/** Three steps: what the channels share; the channels; and the keys that later runs will read. */
import type { Tensor } from '../../../tensor/graph.ts'
import type { GatedDeltaAttributes } from '../../../tensor/ops/gated-delta.ts'
import { chunkStateLayout } from '../chunk-state.ts'
import type { ChunkShape } from '../chunk-state.ts'
import { deltaScratchBytes } from '../kernels/gated-delta.ts'
import { deltaScoreRow } from '../kernels/gated-delta-scores.ts'
import { stepFor } from './context.ts'
import type { LowerOp } from './context.ts'
import { pushKeepKeys } from './keep-keys.ts'
import { rowFields, stateFields } from './recurrent.ts'
import { integer, rowsOf, scratch, tensor, vector, widthOf } from './step.ts'

/** Of the inputs of a `gated-delta` node. */
export function deltaShape(
  inputs: readonly Tensor[],
  { keyHeads, sharing }: Pick<GatedDeltaAttributes, 'keyHeads' | 'sharing'>,
  chunkTokens: number,
): ChunkShape {
  const [, k, v, alpha] = inputs as [Tensor, Tensor, Tensor, Tensor]
  const heads = widthOf(alpha)
  return {
    heads,
    headDim: widthOf(v) / heads,
    groups: keyHeads,
    sharing,
    stateSize: widthOf(k) / keyHeads,
    chunkTokens,
    channelsFirst: false,
  }
}

export const lowerGatedDelta: LowerOp = (context, { inputs, output, attributes }) => {
  const [q, k, v, alpha, beta, A, alphaBias] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]
  const { keyHeads, sharing, state } = attributes as unknown as GatedDeltaAttributes
  const shape = deltaShape(inputs, { keyHeads, sharing }, context.chunkTokens)
  const { heads, headDim, groups, stateSize, chunkTokens } = shape
  const scores = context.newTensor()
  const common = {
    ...stateFields(context, output, state),
    keys: integer(chunkStateLayout(shape).keys),
    ...rowFields({ q, k }),
  }
  context.push({
    kernel: `gated-delta-scores:${stateSize}:${heads}:${groups}:${chunkTokens}`,
    label: `${output.name} scores`,
    inputs: [q.id, k.id, alpha.id, beta.id],
    output: scores,
    rows: rowsOf(v),
    rowBytes: deltaScoreRow(shape).bytes,
    fields: {
      ...common,
      ...rowFields({ alpha, beta }),
      A: vector(A.name),
      alphaBias: vector(alphaBias.name),
      output: tensor(scores),
    },
    work: { multiplyAdds: groups * stateSize * chunkTokens, weight: undefined },
  })
  context.push({
    ...stepFor(output),
    kernel: `gated-delta:${stateSize}:${headDim}:${heads}:${groups}:${chunkTokens}:${sharing}`,
    inputs: [q.id, k.id, v.id, scores],
    scratchBytesPerThread: deltaScratchBytes(chunkTokens),
    fields: {
      ...common,
      ...rowFields({ v }),
      scores: tensor(scores),
      output: tensor(output.id),
      scratch,
    },
    work: { multiplyAdds: widthOf(v) * (3 * stateSize + chunkTokens), weight: undefined },
  })
  pushKeepKeys(context, { keys: k, output, state, shape })
}

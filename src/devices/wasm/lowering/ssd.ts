/** Three steps: what the channels share; the channels; and the keys that later runs will read. */
import type { Tensor } from '../../../tensor/graph.ts'
import type { SsdAttributes } from '../../../tensor/ops/ssd.ts'
import { ssdScratchBytes } from '../kernels/ssd.ts'
import { scoreRow } from '../kernels/ssd-scores.ts'
import { chunkStateLayout } from '../chunk-state.ts'
import type { ChunkShape } from '../chunk-state.ts'
import { stepFor } from './context.ts'
import type { LowerOp } from './context.ts'
import { pushKeepKeys } from './keep-keys.ts'
import { rowFields, stateFields } from './recurrent.ts'
import { float, integer, rowsOf, scratch, tensor, vector, widthOf } from './step.ts'

/** Of the inputs of an `ssd` node. */
export function ssdShape(inputs: readonly Tensor[], groups: number, chunkTokens: number): ChunkShape {
  const [x, dt, , B] = inputs as [Tensor, Tensor, Tensor, Tensor]
  const heads = widthOf(dt)
  return {
    heads,
    headDim: widthOf(x) / heads,
    groups,
    sharing: 'grouped',
    stateSize: widthOf(B) / groups,
    chunkTokens,
    channelsFirst: true,
  }
}

export const lowerSsd: LowerOp = (context, { inputs, output, attributes }) => {
  const [x, dt, A, B, C, D, dtBias] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]
  const { groups, leastStep, mostStep, state } = attributes as unknown as SsdAttributes
  const shape = ssdShape(inputs, groups, context.chunkTokens)
  const { heads, headDim, stateSize, chunkTokens } = shape
  const scores = context.newTensor()
  const common = {
    ...stateFields(context, output, state),
    keys: integer(chunkStateLayout(shape).keys),
    ...rowFields({ B }),
  }
  context.push({
    kernel: `ssd-scores:${stateSize}:${heads}:${groups}:${chunkTokens}`,
    label: `${output.name} scores`,
    inputs: [dt.id, B.id, C.id],
    output: scores,
    rows: rowsOf(x),
    rowBytes: scoreRow(shape).bytes,
    fields: {
      ...common,
      ...rowFields({ dt, C }),
      A: vector(A.name),
      dtBias: vector(dtBias.name),
      leastStep: float(leastStep),
      mostStep: float(mostStep),
      output: tensor(scores),
    },
    work: { multiplyAdds: (groups * stateSize * chunkTokens) / 2, weight: undefined },
  })
  context.push({
    ...stepFor(output),
    kernel: `ssd:${stateSize}:${headDim}:${heads}:${groups}:${chunkTokens}`,
    inputs: [x.id, B.id, C.id, scores],
    scratchBytesPerThread: ssdScratchBytes(chunkTokens),
    fields: {
      ...common,
      ...rowFields({ x, C }),
      D: vector(D.name),
      scores: tensor(scores),
      output: tensor(output.id),
      scratch,
    },
    work: { multiplyAdds: widthOf(x) * (2 * stateSize + chunkTokens / 2), weight: undefined },
  })
  pushKeepKeys(context, { keys: B, output, state, shape })
}

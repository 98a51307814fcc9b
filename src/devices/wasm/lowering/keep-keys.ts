/** The last step of a recurrence in chunks: keys go into the slots, once nobody reads the old ones. */
import type { Tensor } from '../../../tensor/graph.ts'
import { chunkStateLayout } from '../chunk-state.ts'
import type { ChunkShape } from '../chunk-state.ts'
import type { LowerContext } from './context.ts'
import { stateFields } from './recurrent.ts'
import { integer, tensor, widthOf } from './step.ts'

export interface KeptKeys {
  readonly keys: Tensor // [T, G N]
  /** What the step that reads the old keys makes. */
  readonly output: Tensor
  readonly state: number
  readonly shape: ChunkShape
}

export function pushKeepKeys(context: LowerContext, { keys, output, state, shape }: KeptKeys): void {
  context.push({
    kernel: `keep-keys:${shape.groups * shape.stateSize}:${shape.chunkTokens}`,
    label: `${output.name} keys`,
    // The output is no input, but whoever makes it reads what this overwrites.
    inputs: [keys.id, output.id],
    output: context.newTensor(),
    rows: 1,
    rowBytes: 4,
    fields: {
      ...stateFields(context, output, state),
      keys: integer(chunkStateLayout(shape).keys),
      k: tensor(keys.id),
      kStride: integer(4 * widthOf(keys)),
    },
  })
}

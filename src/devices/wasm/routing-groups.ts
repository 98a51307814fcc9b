/** The host's part of routers with slots: which tokens share them, how many there are, and what each token draws. */
import type { Batch } from '../../tensor/device.ts'
import { documentsOf, drawsAt, drawsPerToken, groupsOf } from '../../tensor/routing/index.ts'
import { groupBytes } from './kernels/capped-route.ts'
import type { HostTask } from './lowering/step.ts'

/** Writes [T][3]: i32 group, i32 slots of each expert in it, f32 draw. */
export function prepareRoutingGroups(
  { rule, experts, source }: Extract<HostTask, { readonly kind: 'routing-groups' }>,
  buffer: ArrayBufferLike,
  address: number,
): (batch: Batch) => void {
  const drawsOne = drawsPerToken(rule, experts) === 1
  return ({ positions, sequences }) => {
    const rows = new DataView(buffer, address, positions.length * groupBytes)
    const documents = documentsOf(positions, sequences).map(({ tokens }) => tokens)
    groupsOf(rule, experts, documents).forEach(({ tokens, slots }, group) => {
      for (const t of tokens) {
        rows.setInt32(t * groupBytes, group, true)
        rows.setInt32(t * groupBytes + 4, slots, true)
        if (drawsOne) rows.setFloat32(t * groupBytes + 8, drawsAt(source, positions[t], 1)[0], true)
      }
    })
  }
}

/** The block types of GGUF files: every one decodes, those that Ostro writes also encode. */
import { OstroError } from '../util/error.ts'
import type { BlockType, BlockTypeName } from './block-type.ts'
import { iq1_m } from './iq1-m.ts'
import { iq1_s } from './iq1-s.ts'
import { iq2_s } from './iq2-s.ts'
import { iq2_xs } from './iq2-xs.ts'
import { iq2_xxs } from './iq2-xxs.ts'
import { iq3_s } from './iq3-s.ts'
import { iq3_xxs } from './iq3-xxs.ts'
import { iq4_nl } from './iq4-nl.ts'
import { iq4_xs } from './iq4-xs.ts'
import { mxfp4 } from './mxfp4.ts'
import { nvfp4 } from './nvfp4.ts'
import { bf16, f16, f32 } from './plain.ts'
import { q2_k } from './q2-k.ts'
import { q3_k } from './q3-k.ts'
import { q4_0 } from './q4-0.ts'
import { q4_1 } from './q4-1.ts'
import { q4_k } from './q4-k.ts'
import { q5_0 } from './q5-0.ts'
import { q5_1 } from './q5-1.ts'
import { q5_k } from './q5-k.ts'
import { q6_k } from './q6-k.ts'
import { q8_0 } from './q8-0.ts'
import { tq1_0 } from './tq1-0.ts'
import { tq2_0 } from './tq2-0.ts'

export { blockTypeNames } from './block-type.ts'
export type { BlockType, BlockTypeName } from './block-type.ts'
export { bf16ToF32, f16ToF32, f32BitsToBf16, f32BitsToF16, f32ToBf16, f32ToF16 } from './half.ts'

/** A record, not a list, so that the compiler finds a name without its type. */
const byName: Readonly<Record<BlockTypeName, BlockType>> = {
  f32, f16, bf16, q4_0, q4_1, q5_0, q5_1, q8_0, q2_k, q3_k, q4_k, q5_k, q6_k,
  iq1_s, iq1_m, iq2_xxs, iq2_xs, iq2_s, iq3_xxs, iq3_s, iq4_nl, iq4_xs, tq1_0, tq2_0, mxfp4, nvfp4,
} // prettier-ignore

export const blockTypes: ReadonlyMap<BlockTypeName, BlockType> = new Map(
  Object.values(byName).map((type) => [type.name, type]),
)

const byGgufId: ReadonlyMap<number, BlockType> = new Map(Object.values(byName).map((type) => [type.ggufId, type]))

/**
 * The block type of that name.
 * @throws OstroError `unsupported` for a name that is none (from a caller without types).
 */
export function blockTypeOf(name: BlockTypeName): BlockType {
  const type = blockTypes.get(name)
  if (type !== undefined) return type
  throw new OstroError(
    'unsupported',
    `Block type: expected one of ${[...blockTypes.keys()].join(', ')}, got ${name}. Check the name.`,
    { name },
  )
}

/** The block type that GGUF files number `ggufId`; `undefined` for a number that Ostro does not know. */
export function blockTypeByGgufId(ggufId: number): BlockType | undefined {
  return byGgufId.get(ggufId)
}

/** Recodes a stretch of a tensor from one block type to another, through f32: the unit of work that quantising shares out to threads. */
import type { BlockTypeName } from '../../quant/block-type.ts'
import { blockTypeOf } from '../../quant/index.ts'
import { OstroError } from '../../util/error.ts'

export interface BlockJob {
  /** Names the tensor in messages. */
  readonly tensor: string
  readonly from: BlockTypeName
  readonly to: BlockTypeName
  /** Whole blocks of `from` that make up whole blocks of `to`. */
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Converts somewhere; may take over `job.bytes`. */
export type BlockConverter = (job: BlockJob) => Promise<Uint8Array<ArrayBuffer>>

/** @throws OstroError 'unsupported' for a type that Ostro cannot write, 'invalid-file' where a value is no finite number */
export function convertBlocks({ tensor, from, to, bytes }: BlockJob): Uint8Array<ArrayBuffer> {
  const source = blockTypeOf(from)
  const target = blockTypeOf(to)
  if (target.encode === undefined) {
    throw new OstroError('unsupported', `quantize: a type that can be written expected, got ${to}.`, { type: to })
  }
  const values = new Float32Array((bytes.length / source.blockBytes) * source.blockLength)
  source.decode(bytes, values)
  // A NaN would spoil its whole block, and no loader would notice.
  const bad = values.findIndex((value) => !Number.isFinite(value))
  if (bad !== -1) {
    throw new OstroError(
      'invalid-file',
      `quantize: tensor "${tensor}": finite values expected, got ${values[bad]}. The file is damaged or was trained badly.`,
      { tensor },
    )
  }
  const converted = new Uint8Array((values.length / target.blockLength) * target.blockBytes)
  target.encode(values, converted)
  return converted
}

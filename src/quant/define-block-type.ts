/** Turns the description of one block into a `BlockType`: checks its layout once, the sizes of each call, and loops over the blocks. */
import { OstroError } from '../util/error.ts'
import type { BlockType, BlockTypeName } from './block-type.ts'

export interface BlockDescription {
  readonly name: BlockTypeName
  readonly ggufId: number
  readonly blockLength: number
  readonly blockBytes: number
  /** Bytes of each field in file order; they must add up to `blockBytes`. */
  readonly fields: Readonly<Record<string, number>>
  /** Decodes the block at `bytes[at]` into `values[to...]`. */
  readonly decodeBlock: (bytes: Uint8Array, at: number, values: Float32Array, to: number) => void
  /** Encodes `values[from...]` into the block at `bytes[at]`. */
  readonly encodeBlock?: (values: Float32Array, from: number, bytes: Uint8Array, at: number) => void
}

/** @throws OstroError `invalid-argument` if the fields do not add up to the block (a mistake in this folder). */
export function defineBlockType(description: BlockDescription): BlockType {
  const { name, ggufId, blockLength, blockBytes, fields, decodeBlock, encodeBlock } = description
  const fieldBytes = Object.values(fields).reduce((sum, bytes) => sum + bytes, 0)
  if (fieldBytes !== blockBytes) {
    throw new OstroError(
      'invalid-argument',
      `Block type ${name}: expected fields of ${blockBytes} bytes, got ${fieldBytes}. Correct its layout.`,
      { name, blockBytes, fieldBytes },
    )
  }
  const size = { name, blockLength, blockBytes }
  const decode = (bytes: Uint8Array, values: Float32Array): void => {
    const blocks = countBlocks(size, bytes, values)
    for (let block = 0; block < blocks; block++) decodeBlock(bytes, block * blockBytes, values, block * blockLength)
  }
  if (encodeBlock === undefined) return { name, ggufId, blockLength, blockBytes, decode }
  const encode = (values: Float32Array, bytes: Uint8Array): void => {
    const blocks = countBlocks(size, bytes, values)
    for (let block = 0; block < blocks; block++) encodeBlock(values, block * blockLength, bytes, block * blockBytes)
  }
  return { name, ggufId, blockLength, blockBytes, decode, encode }
}

/**
 * How many blocks `values` and `bytes` both hold.
 * @throws OstroError `invalid-argument` if either is not whole blocks, or they differ.
 */
export function countBlocks(
  { name, blockLength, blockBytes }: Pick<BlockType, 'name' | 'blockLength' | 'blockBytes'>,
  bytes: Uint8Array,
  values: Float32Array,
): number {
  const blocks = values.length / blockLength
  if (!Number.isInteger(blocks) || bytes.length !== blocks * blockBytes) {
    throw new OstroError(
      'invalid-argument',
      `Block type ${name}: expected whole blocks of ${blockLength} values in ${blockBytes} bytes, ` +
        `got ${values.length} values and ${bytes.length} bytes. Pass matching lengths.`,
      { name, valueCount: values.length, byteCount: bytes.length },
    )
  }
  return blocks
}

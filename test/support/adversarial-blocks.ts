/** Blocks of every quantised type with the bytes that kernels get wrong: largest and smallest codes, denormal scales, -128. */
import { blockTypeOf, f32ToF16 } from '../../src/quant/index.ts'
import type { BlockTypeName } from '../../src/quant/index.ts'
import type { Random } from '../../src/util/random.ts'

/** Where the fields of one block lie; sub-scales count as codes of their own. */
interface BlockFields {
  /** Byte range of the codes. */
  readonly codes: readonly [start: number, end: number]
  /** Byte offsets of f16 scales, and of f16 minimums. */
  readonly halves: readonly number[]
  /** Byte range of integer sub-scales. */
  readonly subScales?: readonly [start: number, end: number]
}

const blockFields = {
  q4_0: { codes: [2, 18], halves: [0] },
  q4_1: { codes: [4, 20], halves: [0, 2] },
  q5_0: { codes: [2, 22], halves: [0] },
  q5_1: { codes: [4, 24], halves: [0, 2] },
  q8_0: { codes: [2, 34], halves: [0] },
  q2_k: { codes: [16, 80], halves: [80, 82], subScales: [0, 16] },
  q3_k: { codes: [0, 96], halves: [108], subScales: [96, 108] },
  q4_k: { codes: [16, 144], halves: [0, 2], subScales: [4, 16] },
  q5_k: { codes: [16, 176], halves: [0, 2], subScales: [4, 16] },
  q6_k: { codes: [0, 192], halves: [208], subScales: [192, 208] },
  iq4_nl: { codes: [2, 18], halves: [0] },
} as const satisfies { readonly [name in BlockTypeName]?: BlockFields }

export type QuantisedType = keyof typeof blockFields

export const quantisedTypes = Object.keys(blockFields) as QuantisedType[]

const fieldsOf = (type: QuantisedType): BlockFields => blockFields[type]

export const blockPatterns = ['random', 'largest codes', 'smallest codes', 'byte 0x80', 'denormal scales'] as const
export type BlockPattern = (typeof blockPatterns)[number]

/** `count` values (whole blocks) of random bytes under finite scales of about `scale`, bent to `pattern`. */
export function adversarialBlocks(
  type: QuantisedType,
  count: number,
  pattern: BlockPattern,
  random: Random,
  scale = 0.01,
): Uint8Array<ArrayBuffer> {
  const { blockLength, blockBytes } = blockTypeOf(type)
  const { codes, halves, subScales } = fieldsOf(type)
  const bytes = new Uint8Array((count / blockLength) * blockBytes)
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.uint32() & 0xff
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const fill = (range: readonly [number, number], byte: number) => bytes.fill(byte, at + range[0], at + range[1])
    if (pattern === 'largest codes') fill(codes, type === 'q8_0' ? 0x7f : 0xff)
    if (pattern === 'smallest codes') fill(codes, 0)
    if (pattern === 'byte 0x80') {
      fill(codes, 0x80)
      if (subScales !== undefined) fill(subScales, 0x80)
    }
    for (const offset of halves) {
      const sign = random.uint32() & 1 ? -1 : 1
      const half =
        pattern === 'denormal scales'
          ? (random.uint32() & 0x3ff) | (sign < 0 ? 0x8000 : 0)
          : f32ToF16(sign * scale * (0.5 + random.float()))
      view.setUint16(at + offset, half, true)
    }
  }
  return bytes
}

/**
 * For each value the size of the terms that a kernel adds up to it, |scale * code| + |minimum|, which may be far above the value itself;
 * rounding errors are relative to this. Decoding is linear in the code, so its two ends give both.
 */
export function termSizes(type: QuantisedType, bytes: Uint8Array, count: number): Float32Array {
  const { blockBytes, decode } = blockTypeOf(type)
  const { codes } = fieldsOf(type)
  const ends = [0x00, 0xff, 0x80, 0x7f].map((byte) => {
    const changed = bytes.slice()
    for (let at = 0; at < bytes.length; at += blockBytes) changed.fill(byte, at + codes[0], at + codes[1])
    const values = new Float32Array(count)
    decode(changed, values)
    return values
  })
  return Float32Array.from({ length: count }, (_, i) => ends.reduce((sum, values) => sum + Math.abs(values[i]), 0))
}

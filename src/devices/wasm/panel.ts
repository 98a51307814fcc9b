/**
 * Panel formats: how weights lie in device memory.
 *
 * A weight [N, K] is cut into panels of 16 rows. Inside a panel the values of the 16 rows interleave, four k-values of a row to a
 * 32-bit lane, so that one broadcast of four activations feeds all rows and every load is adjacent to the next (V8 then packs two
 * 128-bit operations into one of 256 bits). Integer codes are kept as bit planes of 4, 2 and 1 bits:
 *
 *   4-bit plane, per step of 4 k: 32 bytes; byte (row r, k) holds row r low and row r + 8 high
 *   2-bit plane, per 2 steps:     32 bytes; bits 0-1 (step 0, row r), 2-3 (step 0, row r + 8), 4-5 and 6-7 the same of step 1
 *   1-bit plane, per 4 steps:     32 bytes; bit 2j (step j, row r), bit 2j + 1 (step j, row r + 8)
 *
 * Scales stay as small as in the file (f16, or 6 to 8 bits under an f16 super scale), so a panel is hardly larger than the file.
 */
import type { BlockTypeName } from '../../quant/block-type.ts'

export const panelRows = 16

/** Scale (and minimum) of 16 rows for one block. */
export type PanelScale =
  /** w = s * (code - offset), s f16 per block. */
  | { readonly kind: 'scale'; readonly offset: number }
  /** w = s * code + m, both f16 per block. */
  | { readonly kind: 'scale-minimum' }
  /** w = d * s * (code - offset): d f16 per 256, s signed byte per block. */
  | { readonly kind: 'super-scale'; readonly offset: number }
  /** w = d * s * code - e * m: d, e f16 per 256; s, m bytes per block, or nibbles of one byte when `packed`. */
  | { readonly kind: 'super-scale-minimum'; readonly packed: boolean }

export interface IntegerPanel {
  readonly kind: 'integer'
  readonly planes: readonly (4 | 2 | 1)[]
  /** k-values under one scale: 16 or 32. */
  readonly blockLength: 16 | 32
  readonly scale: PanelScale
}

/** Signed bytes with one f16 scale per 32, multiplied with 16-bit activations. */
export interface BytePanel {
  readonly kind: 'byte'
  readonly blockLength: 32
}

/** Floating point rows; [K][16] per panel. */
export interface FloatPanel {
  readonly kind: 'float'
  readonly element: 'f32' | 'f16' | 'bf16'
}

export type PanelFormat = IntegerPanel | BytePanel | FloatPanel

const integer = (planes: IntegerPanel['planes'], blockLength: 16 | 32, scale: PanelScale): IntegerPanel => ({
  kind: 'integer',
  planes,
  blockLength,
  scale,
})

/** The block types that have a panel of their own; all others are decoded to f32 at load. */
export const panelFormats: { readonly [name in BlockTypeName]?: PanelFormat } = {
  q4_0: integer([4], 32, { kind: 'scale', offset: 8 }),
  q4_1: integer([4], 32, { kind: 'scale-minimum' }),
  q5_0: integer([4, 1], 32, { kind: 'scale', offset: 16 }),
  q5_1: integer([4, 1], 32, { kind: 'scale-minimum' }),
  q4_k: integer([4], 32, { kind: 'super-scale-minimum', packed: false }),
  q5_k: integer([4, 1], 32, { kind: 'super-scale-minimum', packed: false }),
  q6_k: integer([4, 2], 16, { kind: 'super-scale', offset: 32 }),
  q3_k: integer([2, 1], 16, { kind: 'super-scale', offset: 4 }),
  q2_k: integer([2], 16, { kind: 'super-scale-minimum', packed: true }),
  q8_0: { kind: 'byte', blockLength: 32 },
  iq4_nl: { kind: 'byte', blockLength: 32 },
  f32: { kind: 'float', element: 'f32' },
  f16: { kind: 'float', element: 'f16' },
  bf16: { kind: 'float', element: 'bf16' },
}

/** Values under one super scale. */
export const superLength = 256

export const isSuper = (scale: PanelScale): boolean => scale.kind.startsWith('super')

/** Bytes of the scales of one block of 16 rows. */
export function blockScaleBytes(scale: PanelScale): number {
  switch (scale.kind) {
    case 'scale':
      return 32
    case 'scale-minimum':
      return 64
    case 'super-scale':
      return 16
    case 'super-scale-minimum':
      return scale.packed ? 16 : 32
  }
}

/** Bytes of the super scales of 16 rows, at the start of every 256 values. */
export function superScaleBytes(scale: PanelScale): number {
  return scale.kind === 'super-scale' ? 32 : scale.kind === 'super-scale-minimum' ? 64 : 0
}

/** Bytes of the codes of 16 rows x 16 k: what all planes have in common as their smallest unit. */
export function halfCodeBytes(planes: IntegerPanel['planes']): number {
  return planes.reduce((sum, bits) => sum + bits * 32, 0)
}

export const hasMinimum = (scale: PanelScale): boolean => scale.kind.endsWith('minimum')

/**
 * An unpacked panel of integers: a byte for each code, 64 for a step of 4 k, behind f32 scales (and minimums) of 16 rows. Blocks of 16 have
 * their own scale as two equal i16, and the f32 super scales stand before each 256.
 */
export const unpackedScaleBytes = ({ scale }: IntegerPanel): number => (hasMinimum(scale) ? 128 : 64)
export const unpackedBlockBytes = (format: IntegerPanel): number =>
  unpackedScaleBytes(format) + format.blockLength * panelRows
export const unpackedSuperBytes = ({ blockLength }: IntegerPanel): number => (blockLength === 16 ? 64 : 0)

/** Of an unpacked block of bytes: f32 scales of 16 rows, then 16 bits for each code, 64 bytes for a pair of k. */
export const unpackedByteBlock = { codesAt: 64, sizeBytes: 64 + 16 * 64 } as const

/** Working memory of a matmul for each thread: the sums of a panel that is not whole, and an unpacked panel. */
export const matmulScratchBytes = (format: PanelFormat, k: number): number => panelSumBytes + unpackedBytes(format, k)

function unpackedBytes(format: PanelFormat, k: number): number {
  switch (format.kind) {
    case 'integer':
      return (
        (k / format.blockLength) * unpackedBlockBytes(format) + Math.ceil(k / superLength) * unpackedSuperBytes(format)
      )
    case 'byte':
      return (k / 32) * unpackedByteBlock.sizeBytes
    case 'float':
      return format.element === 'f32' ? 0 : k * panelRows * 4
  }
}

/** f32 sums of the rows of a panel for one token. */
export const panelSumBytes = panelRows * 4

/** Bytes of one panel of 16 rows x K. */
export function panelBytes(format: PanelFormat, k: number): number {
  switch (format.kind) {
    case 'integer': {
      const block = blockScaleBytes(format.scale) + (format.blockLength / 16) * halfCodeBytes(format.planes)
      return (k / format.blockLength) * block + Math.ceil(k / superLength) * superScaleBytes(format.scale)
    }
    case 'byte':
      return (k / 32) * (32 + 512)
    case 'float':
      return k * panelRows * (format.element === 'f32' ? 4 : 2)
  }
}

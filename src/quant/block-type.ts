/** What every file of this folder provides: one GGUF block type with its layout, decoder and (where it has one) encoder. */

export const blockTypeNames = [
  'f32', 'f16', 'bf16', 'q4_0', 'q4_1', 'q5_0', 'q5_1', 'q8_0', 'q2_k', 'q3_k', 'q4_k', 'q5_k', 'q6_k',
  'iq1_s', 'iq1_m', 'iq2_xxs', 'iq2_xs', 'iq2_s', 'iq3_xxs', 'iq3_s', 'iq4_nl', 'iq4_xs', 'tq1_0', 'tq2_0', 'mxfp4', 'nvfp4',
] as const // prettier-ignore

export type BlockTypeName = (typeof blockTypeNames)[number]

export interface BlockType {
  readonly name: BlockTypeName
  /** The number that GGUF files use (`ggml_type`). */
  readonly ggufId: number
  /** Values in one block. */
  readonly blockLength: number
  /** Bytes of one block. */
  readonly blockBytes: number
  /** Decodes whole blocks; `values.length` is a multiple of `blockLength`, `bytes` holds exactly as many blocks. Exact as ggml. */
  readonly decode: (bytes: Uint8Array, values: Float32Array) => void
  /** Encodes whole blocks. Absent where Ostro reads only. */
  readonly encode?: (values: Float32Array, bytes: Uint8Array) => void
}

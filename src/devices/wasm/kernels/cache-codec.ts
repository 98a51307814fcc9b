/**
 * What an attention kernel needs to know of the way keys and values are stored. A page holds 64 positions of all key heads; inside a
 * head, keys lie as four panels of 16 positions and values as panels of 16 dimensions, whatever their element, so that both are read from
 * front to back.
 */
import type { F32, I32, Ptr } from '../asm/expression.ts'
import type { FunctionBuilder } from '../asm/module.ts'

export const pagePositions = 64
export const panelPositions = 16
/** Dimensions of a value that lie together. */
export const panelDims = 16

export interface CacheCodec {
  /** Bytes of one head of one page. */
  readonly keyBytes: (headDim: number) => number
  readonly valueBytes: (headDim: number) => number
  /** Dimensions of a value with those that are added to fill its last panel. */
  readonly valueDims: (headDim: number) => number
  /** Bytes of one encoded query. */
  readonly queryBytes: (headDim: number) => number
  /** Working memory of one query for its weights, beyond the scores themselves. */
  readonly weightBytes: number
  /** Factor that the weights must be stored with, so that products with stored values come out right. */
  readonly weightFactor: number
  /** Writes one key or value [headDim] of position `slot` of a page into the head that starts at `to`. */
  readonly emitStoreKey: (f: FunctionBuilder, from: Ptr, to: Ptr, slot: I32, headDim: number) => void
  readonly emitStoreValue: (f: FunctionBuilder, from: Ptr, to: Ptr, slot: I32, headDim: number) => void
  /** Encodes query * scale. */
  readonly emitQuery: (f: FunctionBuilder, query: Ptr, scale: F32, to: Ptr, headDim: number) => void
  /** scores[i][position] = queries[i] . key of position, for `padded` positions (a multiple of 16). */
  readonly emitScores: (f: FunctionBuilder, part: ScorePart) => void
  /** outputs[i] += sum over `present` positions of weights[i][position] * value of position. */
  readonly emitValues: (f: FunctionBuilder, part: ValuePart) => void
}

export interface ScorePart {
  readonly keys: Ptr
  readonly queries: readonly Ptr[]
  readonly scores: readonly Ptr[]
  readonly headDim: number
  readonly padded: I32
}

export interface ValuePart {
  readonly values: Ptr
  readonly weights: readonly Ptr[]
  readonly working: readonly Ptr[]
  readonly outputs: readonly Ptr[]
  readonly headDim: number
  readonly present: I32
}

export const roundUp16 = (value: number): number => Math.ceil(value / 16) * 16

export const lanes = [0, 1, 2, 3] as const

/**
 * How kernels read integer panels (`panel.ts`) block by block: packed, as they lie in memory, or unpacked to a byte for each code and f32
 * scales, which costs a pass over the panel and is read with nothing but loads. Both give the same values.
 */
import { f32x4, i16x8, i32, i32x4, i8x16, ptr, v128 } from '../asm/expression.ts'
import type { I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local } from '../asm/module.ts'
import { blockScaleBytes, halfCodeBytes, hasMinimum, isSuper, superLength, superScaleBytes } from '../panel.ts'
import type { IntegerPanel, PanelScale } from '../panel.ts'
import { unpackedBlockBytes, unpackedScaleBytes, unpackedSuperBytes } from '../panel.ts'
import { halfScale, superScale, twoTo112 } from './half-scale.ts'

const lanes = [0, 1, 2, 3] as const

export interface BlockReader {
  readonly blockLength: 16 | 32
  /** Where the codes of a block begin, and where the next block. */
  readonly codesAt: number
  readonly blockBytes: number
  /** Reads what stands before the blocks of each 256 k. */
  readonly startSuper?: (w: Local<'ptr'>) => void
  /** What scales and minimums are too small by. */
  readonly factor: number
  /** What each of 16 rows multiplies its sums of 32 k with. */
  readonly scales: (w: Ptr) => readonly V128[]
  /** What each row multiplies its codes of 16 k with before that: integers, each twice in 16 bits. Empty for blocks of 32. */
  readonly multipliers: (w: Ptr) => readonly V128[]
  /** What each row adds per unit of activation in a block; empty where the format has none. `scales` are those of the block. */
  readonly minimums: (w: Ptr, scales: readonly V128[]) => readonly V128[]
  /** Unsigned codes of four rows (lane 0: rows 0-3, and so on) x 4 k of a step. */
  readonly codes: (codes: Ptr, step: number, lane: number) => V128
}

export function packedBlocks(f: FunctionBuilder, format: IntegerPanel): BlockReader {
  const { scale, planes, blockLength } = format
  const superScales = isSuper(scale) ? lanes.map(() => f.local('v128')) : []
  const superMinimums = scale.kind === 'super-scale-minimum' ? lanes.map(() => f.local('v128')) : []
  const halfBytes = halfCodeBytes(planes)
  const inSixteens = blockLength === 16
  return {
    blockLength,
    factor: scaleFactor(scale),
    codesAt: blockScaleBytes(scale),
    blockBytes: blockScaleBytes(scale) + (blockLength / 16) * halfBytes,
    ...(isSuper(scale) && {
      startSuper: (w) => {
        superScales.forEach((local, lane) => f.set(local, superScale(f, w, lane * 8)))
        superMinimums.forEach((local, lane) => f.set(local, f32x4.neg(superScale(f, w, 32 + lane * 8))))
        f.set(w, ptr.add(w, ptr.const(superScaleBytes(scale))))
      },
    }),
    scales: (w) => (inSixteens ? superScales : rowScales(f, scale, w, superScales)),
    multipliers: (w) => (inSixteens ? rowMultipliers(f, scale, w) : []),
    minimums: (w, scales) => rowMinimums(f, format, w, scales, superMinimums),
    codes: (codes, step, lane) =>
      codeVector(planes, codes, step % stepsPerHalf, lane, Math.floor(step / stepsPerHalf) * halfBytes),
  }
}

export function unpackedBlocks(f: FunctionBuilder, format: IntegerPanel): BlockReader {
  const vectors = (w: Ptr, offset: number) => lanes.map((lane) => v128.load(w, offset + lane * 16))
  const inSixteens = format.blockLength === 16
  const superScales = inSixteens ? lanes.map(() => f.local('v128')) : []
  return {
    blockLength: format.blockLength,
    factor: scaleFactor(format.scale),
    codesAt: unpackedScaleBytes(format),
    blockBytes: unpackedBlockBytes(format),
    ...(inSixteens && {
      startSuper: (w) => {
        vectors(w, 0).forEach((value, lane) => f.set(superScales[lane], value))
        f.set(w, ptr.add(w, ptr.const(unpackedSuperBytes(format))))
      },
    }),
    scales: (w) => (inSixteens ? superScales : vectors(w, 0)),
    multipliers: (w) => (inSixteens ? vectors(w, 0) : []),
    minimums: (w) => (hasMinimum(format.scale) ? vectors(w, 64) : []),
    codes: (codes, step, lane) => v128.load(codes, step * 64 + lane * 16),
  }
}

/** Writes the panel at `weights` to `to`, as `unpackedBlocks` reads it. */
export function emitUnpack(f: FunctionBuilder, format: IntegerPanel, weights: Ptr, k: I32, to: Ptr): void {
  const packed = packedBlocks(f, format)
  const unpacked = unpackedBlocks(f, format)
  const w = f.local('ptr', weights)
  const out = f.local('ptr', to)
  const store = (vectors: readonly V128[], offset: number) => {
    // All loads before the first store, or V8 does not see that the stores are neighbours.
    const values = vectors.map((value) => f.local('v128', value))
    values.forEach((value, lane) => f.do(v128.store(out, value, offset + lane * 16)))
  }
  const inSixteens = format.blockLength === 16
  const startSuper = (start: (w: Local<'ptr'>) => void) => (at: Local<'ptr'>) => {
    start(at)
    if (!inSixteens) return
    store(packed.scales(at), 0)
    f.set(out, ptr.add(out, ptr.const(unpackedSuperBytes(format))))
  }
  const reader = packed.startSuper === undefined ? packed : { ...packed, startSuper: startSuper(packed.startSuper) }
  emitBlocks(f, reader, w, k, () => {
    const scales = packed.scales(w).map((value) => f.local('v128', value))
    store(inSixteens ? packed.multipliers(w) : scales, 0)
    store(packed.minimums(w, scales), 64)
    const codes = f.local('ptr', ptr.add(w, ptr.const(packed.codesAt)))
    for (let step = 0; step < format.blockLength / 4; step++) {
      const vectors = lanes.map((lane) => packed.codes(codes, step, lane))
      store(vectors, unpacked.codesAt + step * 64)
    }
    f.set(out, ptr.add(out, ptr.const(unpacked.blockBytes)))
  })
}

/**
 * Runs `body` for each block, with `w` at its start, and `after32` after each 32 k.
 *
 * @param body gets which 16 of 32 k the block covers, when it covers 16
 */
export function emitBlocks(
  f: FunctionBuilder,
  { blockLength, blockBytes, startSuper }: BlockReader,
  w: Local<'ptr'>,
  k: I32,
  body: (part: 0 | 1) => void,
  after32: () => void = () => undefined,
): void {
  const emitBlock = (part: 0 | 1) => {
    body(part)
    f.set(w, ptr.add(w, ptr.const(blockBytes)))
  }
  const emit32 = () => {
    emitBlock(0)
    if (blockLength === 16) emitBlock(1)
    after32()
  }
  const index = f.local('i32')
  if (startSuper === undefined) {
    f.for(index, i32.const(0), k, 32, emit32)
    return
  }
  const inner = f.local('i32')
  f.for(index, i32.const(0), k, superLength, () => {
    startSuper(w)
    f.for(inner, i32.const(0), i32.const(superLength), 32, emit32)
  })
}

/**
 * What is taken off each code by starting its sums below zero: so sums of large codes stay within i16, and those of blocks of 16 need no more
 * than a factor. It is the format's own offset, or, in formats with a minimum, the middle of the codes, which the minimum gives back.
 */
export function centreOf({ planes, blockLength, scale }: IntegerPanel): number {
  if (blockLength === 32 && largestCode(planes) <= 15) return 0
  if ('offset' in scale) return scale.offset
  return largestCode(planes) > 15 ? (largestCode(planes) + 1) / 2 : 0
}

export const largestCode = (planes: IntegerPanel['planes']): number =>
  2 ** planes.reduce((sum: number, bits) => sum + bits, 0) - 1

/** Super scales are made whole once in 256 values; scales of 32 stay 2^112 too small until the sums are whole. */
const scaleFactor = (scale: PanelScale): number => (isSuper(scale) ? 1 : twoTo112)

// --- scales -----------------------------------------------------------------------------------------------------------

function rowScales(f: FunctionBuilder, scale: PanelScale, w: Ptr, superScales: readonly V128[]): V128[] {
  if (!isSuper(scale)) return lanes.map((lane) => halfScale(w, lane * 8))
  return byteRows(f, w, 0, scaleBits(scale)).map((value, lane) =>
    f32x4.mul(superScales[lane], f32x4.convertI32S(value)),
  )
}

/** The scale bytes of blocks of 16, which lie under a super scale. */
function rowMultipliers(f: FunctionBuilder, scale: PanelScale, w: Ptr): V128[] {
  return byteRows(f, w, 0, scaleBits(scale)).map((value) => {
    const whole = f.local('v128', value)
    return v128.or(v128.and(whole, i32x4.splatConst(0xffff)), i32x4.shl(whole, 16))
  })
}

const scaleBits = (scale: PanelScale): ByteBits =>
  scale.kind === 'super-scale' ? 'signed' : scale.kind === 'super-scale-minimum' && scale.packed ? 'low' : 'unsigned'

/** As the file has it in simple formats, minus the minimum in super-scaled ones; and what centred codes lack. */
function rowMinimums(
  f: FunctionBuilder,
  format: IntegerPanel,
  w: Ptr,
  scales: readonly V128[],
  superMinimums: readonly V128[],
): V128[] {
  const { scale } = format
  if (!hasMinimum(scale)) return []
  const minimums =
    scale.kind === 'super-scale-minimum'
      ? byteRows(f, w, scale.packed ? 0 : 16, scale.packed ? 'high' : 'unsigned').map((value, lane) =>
          f32x4.mul(superMinimums[lane], f32x4.convertI32S(value)),
        )
      : lanes.map((lane) => halfScale(w, 32 + lane * 8))
  const centre = centreOf(format)
  if (centre === 0) return minimums
  return scales.map((value, lane) => f32x4.madd(value, f32x4.splatConst(centre), minimums[lane]))
}

type ByteBits = 'signed' | 'unsigned' | 'low' | 'high'

/** 16 bytes (or their low or high nibbles) as 4 x 4 integers; neighbours come from one value, which lets V8 pack them. */
function byteRows(f: FunctionBuilder, address: Ptr, offset: number, bits: ByteBits): V128[] {
  const eights = [0, 8].map((at) => {
    const loaded = (bits === 'signed' ? v128.load8x8S : v128.load8x8U)(address, offset + at)
    const part =
      bits === 'low' ? v128.and(loaded, i16x8.splatConst(15)) : bits === 'high' ? i16x8.shrU(loaded, 4) : loaded
    return f.local('v128', part)
  })
  return lanes.map((lane) => {
    const eight = eights[lane >> 1]
    return (lane & 1) === 0 ? i32x4.extendLowI16S(eight) : i32x4.extendHighI16S(eight)
  })
}

// --- codes ------------------------------------------------------------------------------------------------------------

const stepsPerHalf = 4

/**
 * The codes of four rows (lane 0, 1: rows 0-7; lane 2, 3: rows 8-15, from the upper bits of the same bytes) x 4 k of step `step` of a
 * half block at `codes + offset`, joined from its bit planes.
 */
function codeVector(planes: IntegerPanel['planes'], codes: Ptr, step: number, lane: number, offset: number): V128 {
  const side = (lane & 1) * 16
  const upper = lane >> 1
  let value: V128 | undefined
  let target = 0
  let at = offset
  for (const bits of planes) {
    const stepsPerByte = 4 / bits
    const loaded = v128.load(codes, at + Math.floor(step / stepsPerByte) * 32 + side)
    const from = (step % stepsPerByte) * 2 * bits + upper * bits
    const shift = target - from
    const moved = shift > 0 ? i16x8.shl(loaded, shift) : shift < 0 ? i16x8.shrU(loaded, -shift) : loaded
    const part = v128.and(moved, i8x16.splatConst(((1 << bits) - 1) << target))
    value = value === undefined ? part : v128.or(value, part)
    target += bits
    at += bits * 32
  }
  return value as V128
}

/**
 * y[m, n] = sum_k x[m, k] * w[n, k] for weights of 2 to 6 bits and activations of 8.
 *
 * Per block of 32 (or 16) k: unsigned codes times signed activations in i16 (a byte times a 7-bit byte, one instruction on x86), widened
 * to i32, where blocks of 16 are multiplied with their integer scale in the same instruction, then scaled in f32 per 32. A tile is
 * 16 rows x 1, 2 or 4 tokens. Where many tokens follow, a panel is unpacked first: decoding takes a sixth to a third of the
 * instructions of a tile (`docs/experiments.md`, 2026-11-25).
 */
import { OstroError } from '../../../util/error.ts'
import { f32x4, i16x8, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { Arithmetic, I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { isSuper, panelBytes, superLength } from '../panel.ts'
import type { IntegerPanel } from '../panel.ts'
import { centreOf, emitBlocks, emitUnpack, largestCode, packedBlocks, unpackedBlocks } from './integer-blocks.ts'
import type { BlockReader } from './integer-blocks.ts'
import { largestTile, tileSums, usualTiles } from './matmul-loop.ts'
import type { PanelWalk, Tile, TileSums } from './matmul-loop.ts'
import { activationBlockBytes, activationSums } from './quantize.ts'

/** Byte offset of the codes in an activation block; the scale comes first (quantize.ts). */
const activationCodes = 16

const lanes = [0, 1, 2, 3] as const

export function emitIntegerMatmul(
  module: ModuleBuilder,
  name: string,
  format: IntegerPanel,
  walk: PanelWalk,
): FunctionBuilder {
  const { arithmetic } = module.options
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    walk(f, {
      activationBytesPer32: activationBlockBytes.integer,
      panelBytesOf: (k) => panelSize(format, k),
      tileTokens: usualTiles,
      sumTile: (tile) => emitTile(f, packedBlocks(f, format), format, arithmetic, tile),
      unpacked: {
        tileTokens: [largestTile],
        unpack: (weights, k, to) => emitUnpack(f, format, weights, k, to),
        sumTile: (tile) => emitTile(f, unpackedBlocks(f, format), format, arithmetic, tile),
      },
    })
  })
}

/** Panel bytes for a run-time K. */
function panelSize(format: IntegerPanel, k: I32): I32 {
  const unit = isSuper(format.scale) ? superLength : 32
  return i32.mul(i32.divU(k, i32.const(unit)), i32.const(panelBytes(format, unit)))
}

function emitTile(
  f: FunctionBuilder,
  reader: BlockReader,
  format: IntegerPanel,
  arithmetic: Arithmetic,
  tile: Tile,
): TileSums {
  const sums = tileSums(f, tile.tokens)
  const inSixteens = reader.blockLength === 16
  /** Of codes that are not centred: taken off the sum as a whole. */
  const offset = 'offset' in format.scale && centreOf(format) === 0 ? format.scale.offset : 0
  const integers = inSixteens ? tileSums(f, tile.tokens) : []
  const products = createProducts(f, format, reader, arithmetic, tile)
  const w = f.local('ptr', tile.weights)
  const a = f.local('ptr', tile.activations)
  for (const sum of sums.flat()) f.set(sum, f32x4.splatConst(0))
  const rowAt = (token: number) => ptr.add(a, tile.tokenOffset(token))
  const emitBlock = (part: 0 | 1) => {
    const codes = f.local('ptr', ptr.add(w, ptr.const(reader.codesAt)))
    const product = products(codes, a, part)
    const multipliers = reader.multipliers(w).map((value) => f.local('v128', value))
    const scales = reader.scales(w).map((value) => f.local('v128', value))
    const minimums = reader.minimums(w, scales).map((value) => f.local('v128', value))
    const ends = !inSixteens || part === 1
    sums.forEach((row, token) => {
      const factor = f.local('v128', v128.load32Splat(rowAt(token)))
      const total = f.local('v128')
      if (minimums.length > 0) f.set(total, totalOf(rowAt(token), factor, inSixteens ? part : undefined))
      if (offset > 0) f.set(total, f32x4.mul(totalOf(rowAt(token), factor, undefined), f32x4.splatConst(-offset)))
      row.forEach((sum, lane) => {
        const integer = product(token, lane, multipliers[lane])
        if (inSixteens) f.set(integers[token][lane], part === 0 ? integer : i32x4.add(integers[token][lane], integer))
        if (minimums.length > 0) f.set(sum, f32x4.madd(minimums[lane], total, sum))
        if (!ends) return
        const whole = f32x4.convertI32S(inSixteens ? integers[token][lane] : integer)
        const scaled = offset > 0 ? f32x4.madd(whole, factor, total) : f32x4.mul(whole, factor)
        f.set(sum, f32x4.madd(scales[lane], scaled, sum))
      })
    })
  }
  emitBlocks(f, reader, w, tile.k, emitBlock, () => {
    f.set(a, ptr.add(a, ptr.const(activationBlockBytes.integer)))
  })
  if (reader.factor === 1) return sums
  return sums.map((row) => row.map((sum) => f32x4.mul(sum, f32x4.splatConst(reader.factor))))
}

/** Sum of a token's activations: of a block of 32, or of one half of it. */
function totalOf(block: Ptr, factor: V128, half: 0 | 1 | undefined): V128 {
  if (half === undefined) return v128.load32Splat(block, activationSums.whole)
  const codes = i32x4.dotI16x8S(v128.load32Splat(block, activationSums.pairs + half * 4), i16x8.splatConst(1))
  return f32x4.mul(f32x4.convertI32S(codes), factor)
}

// --- products ---------------------------------------------------------------------------------------------------------

/**
 * Multiplies the codes of one block, less their centre, with activations; gives the i32 sums by token and lane.
 *
 * @param block the first token's block of 32 activations
 * @param part which half of it, where blocks have 16
 */
type Products = (
  codes: Local<'ptr'>,
  block: Ptr,
  part: 0 | 1,
) => (token: number, lane: number, multiplier: V128 | undefined) => V128

function createProducts(
  f: FunctionBuilder,
  format: IntegerPanel,
  reader: BlockReader,
  arithmetic: Arithmetic,
  tile: Tile,
): Products {
  const { blockLength } = format
  const centre = centreOf(format)
  const sums = tileSums(f, tile.tokens)
  const values = lanes.map(() => f.local('v128'))
  const ones = f.local('v128', i16x8.splatConst(1))
  const inI32 = arithmetic === 'relaxed-i32'
  assertFitsI16(format)

  /** What each token's sums begin below: the activations of their lanes times the centre. */
  const starts = (block: Ptr, part: 0 | 1): readonly V128[] => {
    if (centre === 0) return sums.map(() => i32x4.splatConst(0))
    return sums.map((_, token) => {
      const from = ptr.add(block, tile.tokenOffset(token))
      const half = (which: 0 | 1) => v128.load32Splat(from, activationSums.pairs + which * 4)
      const pairs = blockLength === 16 ? half(part) : i16x8.add(half(0), half(1))
      const start = inI32 ? i32x4.dotI16x8S(pairs, i16x8.splatConst(-centre)) : i16x8.shl(pairs, Math.log2(centre))
      return f.local('v128', start)
    })
  }

  return (codes, block, part) => {
    const start = starts(block, part)
    for (let step = 0; step < blockLength / 4; step++) {
      lanes.forEach((lane) => f.set(values[lane], reader.codes(codes, step, lane)))
      sums.forEach((row, token) => {
        const from = ptr.add(block, tile.tokenOffset(token))
        const broadcast = f.local('v128', v128.load32Splat(from, activationCodes + part * 16 + step * 4))
        row.forEach((sum, lane) => {
          const before = step === 0 ? start[token] : sum
          if (inI32) {
            f.set(sum, i32x4.relaxedDotI8x16I7x16AddS(broadcast, values[lane], before))
            return
          }
          const dot = i16x8.dotI8x16I7x16(broadcast, values[lane])
          f.set(sum, step > 0 ? i16x8.add(sum, dot) : centre === 0 ? dot : i16x8.sub(dot, before))
        })
      })
    }
    return (token, lane, multiplier) => {
      const sum = sums[token][lane]
      if (!inI32) return i32x4.dotI16x8S(sum, multiplier ?? ones)
      return multiplier === undefined ? sum : i32x4.mul(sum, i32x4.shrS(multiplier, 16))
    }
  }
}

/**
 * Sums in i16 may wrap on the way, but the whole must fit: half of a block's products with activations of 127.
 *
 * @throws OstroError `device`
 */
function assertFitsI16(format: IntegerPanel): void {
  const centre = centreOf(format)
  const largest = Math.max(centre, largestCode(format.planes) - centre)
  if ((format.blockLength / 2) * 127 * largest <= 32767) return
  throw new OstroError('device', `wasm device: sums of ${format.blockLength} codes of up to ${largest} pass 16 bits`)
}

/**
 * y[m, n] = sum_k x[m, k] * w[n, k] for weights of 2 to 6 bits and activations of 8.
 *
 * Per block of 32 (or 16) k: unsigned codes times signed activations in i16 (a byte times a 7-bit byte, one instruction on x86), widened
 * to i32 before i16 can overflow, then scaled in f32. A tile is 16 rows x 1 or 4 tokens. Where many tokens follow, a panel is unpacked
 * first: decoding takes a sixth to a third of the instructions of a tile (`docs/experiments.md`, 2026-11-25).
 */
import { f32x4, i16x8, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { Arithmetic, I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { isSuper, panelBytes, superLength } from '../panel.ts'
import type { IntegerPanel } from '../panel.ts'
import { emitBlocks, emitUnpack, packedBlocks, unpackedBlocks } from './integer-blocks.ts'
import type { BlockReader } from './integer-blocks.ts'
import { tileSums, usualTiles } from './matmul-loop.ts'
import type { PanelWalk, Tile, TileSums } from './matmul-loop.ts'
import { activationBlockBytes } from './quantize.ts'

/** Byte offsets inside one activation block; see quantize.ts. */
const activation = { scale: 0, sumLow: 4, sumWhole: 12, codes: 16 } as const

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
        unpack: (weights, k, to) => emitUnpack(f, format, weights, k, to),
        sumTile: (tile) => emitTile(f, unpackedBlocks(format), format, arithmetic, tile),
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
  const { scale } = format
  const sums = tileSums(f, tile.tokens)
  const products = createProducts(f, format, reader, arithmetic, tile)
  const w = f.local('ptr', tile.weights)
  const a = f.local('ptr', tile.activations)
  for (const sum of sums.flat()) f.set(sum, f32x4.splatConst(0))
  const emitBlock = (part: 0 | 1) => {
    const codes = f.local('ptr', ptr.add(w, ptr.const(reader.codesAt)))
    const integers = products(codes, f.local('ptr', ptr.add(a, ptr.const(activation.codes + part * 16))))
    const scales = reader.scales(w).map((value) => f.local('v128', value))
    const minimums = reader.minimums(w).map((value) => f.local('v128', value))
    sums.forEach((row, token) => {
      const from = ptr.add(a, tile.tokenOffset(token))
      const factor = f.local('v128', v128.load32Splat(from, activation.scale))
      const sumOffset = reader.blockLength === 32 ? activation.sumWhole : activation.sumLow + part * 4
      const total = f.local('v128', v128.load32Splat(from, sumOffset))
      if ('offset' in scale) f.set(total, f32x4.mul(total, f32x4.splatConst(-scale.offset)))
      row.forEach((sum, lane) => {
        const product = f32x4.convertI32S(integers(token, lane))
        const minimum = minimums[lane]
        const scaled =
          minimum === undefined
            ? f32x4.madd(scales[lane], f32x4.madd(product, factor, total), sum)
            : f32x4.madd(scales[lane], f32x4.mul(product, factor), f32x4.madd(minimum, total, sum))
        f.set(sum, scaled)
      })
    })
  }
  emitBlocks(f, reader, w, tile.k, emitBlock, () => {
    f.set(a, ptr.add(a, ptr.const(activationBlockBytes.integer)))
  })
  if (reader.factor === 1) return sums
  return sums.map((row) => row.map((sum) => f32x4.mul(sum, f32x4.splatConst(reader.factor))))
}

// --- products ---------------------------------------------------------------------------------------------------------

/** Multiplies the codes of one block with the activations at `x`; gives the i32 sums by token and lane. */
type Products = (codes: Local<'ptr'>, x: Local<'ptr'>) => (token: number, lane: number) => V128

function createProducts(
  f: FunctionBuilder,
  { planes, blockLength }: IntegerPanel,
  reader: BlockReader,
  arithmetic: Arithmetic,
  tile: Tile,
): Products {
  const steps = blockLength / 4
  const narrow = tileSums(f, tile.tokens)
  const wide = tileSums(f, tile.tokens)
  const values = lanes.map(() => f.local('v128'))
  const ones = f.local('v128', i16x8.splatConst(1))
  const largest = 2 ** planes.reduce((sum: number, bits) => sum + bits, 0) - 1
  const inI32 = arithmetic === 'relaxed-i32'
  // How many products of the largest code and activation an i16 can take.
  const dotsInI16 = inI32 ? steps : Math.min(steps, 2 ** Math.floor(Math.log2(32767 / (largest * 127 * 2))))
  const zero = i32x4.splatConst(0)

  /** narrow += value * activations of one step; `fresh`: narrow holds nothing yet. */
  const multiply = (x: Ptr, offset: number, fresh: boolean) => {
    narrow.forEach((row, token) => {
      const broadcast = f.local('v128', v128.load32Splat(ptr.add(x, tile.tokenOffset(token)), offset))
      row.forEach((sum, lane) => {
        if (inI32) f.set(sum, i32x4.relaxedDotI8x16I7x16AddS(broadcast, values[lane], fresh ? zero : sum))
        else {
          const dot = i16x8.dotI8x16I7x16(broadcast, values[lane])
          f.set(sum, fresh ? dot : i16x8.add(sum, dot))
        }
      })
    })
  }
  const widened = (token: number, lane: number) =>
    inI32 ? narrow[token][lane] : i32x4.dotI16x8S(narrow[token][lane], ones)

  return (codes, x) => {
    const widens = dotsInI16 < steps
    for (let step = 0; step < steps; step++) {
      lanes.forEach((lane) => f.set(values[lane], reader.codes(codes, step, lane)))
      multiply(x, step * 4, step % dotsInI16 === 0)
      if (!widens || (step + 1) % dotsInI16 !== 0) continue
      wide.forEach((row, token) => {
        row.forEach((sum, lane) => {
          const part = widened(token, lane)
          f.set(sum, step + 1 === dotsInI16 ? part : i32x4.add(sum, part))
        })
      })
    }
    return widens ? (token, lane) => wide[token][lane] : widened
  }
}

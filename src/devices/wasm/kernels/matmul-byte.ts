/**
 * y = x @ w^T for signed 8-bit weights with a scale per 32, and activations of 16 bits: products of i16 pairs summed in i32, exact
 * (127 * 32767 * 32 < 2^31), then scaled in f32 as in matmul-integer.ts. For many tokens a panel is unpacked to codes of 16 bits.
 */
import { f32x4, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, ModuleBuilder } from '../asm/module.ts'
import { panelBytes, unpackedByteBlock } from '../panel.ts'
import type { BytePanel } from '../panel.ts'
import { largestTile, tileSums, usualTiles } from './matmul-loop.ts'
import type { PanelWalk, Tile, TileSums } from './matmul-loop.ts'
import { halfScale, twoTo112 } from './half-scale.ts'
import { activationBlockBytes } from './quantize.ts'

const lanes = [0, 1, 2, 3] as const
const pairsPerBlock = 16

/** Byte offset of the codes in an activation block; the scale comes first (quantize.ts). */
const activationCodes = 16

/** How the blocks of a panel are read, packed or unpacked; both give the same values. */
interface ByteBlocks {
  readonly blockBytes: number
  /** Four vectors of the rows' scales, 2^112 too small. */
  readonly scales: (block: Ptr) => readonly V128[]
  /** Codes of four rows x 2 k, in 16 bits. */
  readonly codes: (block: Ptr, pair: number, lane: number) => V128
}

const packed = (format: BytePanel): ByteBlocks => ({
  blockBytes: panelBytes(format, 32),
  scales: (block) => lanes.map((lane) => halfScale(block, lane * 8)),
  codes: (block, pair, lane) => v128.load8x8S(block, 32 + pair * 32 + lane * 8),
})

const unpacked: ByteBlocks = {
  blockBytes: unpackedByteBlock.sizeBytes,
  scales: (block) => lanes.map((lane) => v128.load(block, lane * 16)),
  codes: (block, pair, lane) => v128.load(block, unpackedByteBlock.codesAt + pair * 64 + lane * 16),
}

export function emitByteMatmul(
  module: ModuleBuilder,
  name: string,
  format: BytePanel,
  walk: PanelWalk,
): FunctionBuilder {
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const packedBlocks = packed(format)
    walk(f, {
      activationBytesPer32: activationBlockBytes.byte,
      panelBytesOf: (k) => i32.mul(i32.shrU(k, i32.const(5)), i32.const(packedBlocks.blockBytes)),
      tileTokens: usualTiles,
      sumTile: (tile) => emitTile(f, packedBlocks, tile),
      unpacked: {
        tileTokens: [largestTile],
        unpack: (weights, k, to) => emitUnpack(f, packedBlocks, weights, k, to),
        sumTile: (tile) => emitTile(f, unpacked, tile),
      },
    })
  })
}

function emitTile(f: FunctionBuilder, blocks: ByteBlocks, tile: Tile): TileSums {
  const sums = tileSums(f, tile.tokens)
  const integers = tileSums(f, tile.tokens)
  const w = f.local('ptr', tile.weights)
  const a = f.local('ptr', tile.activations)
  const block = f.local('i32')
  const codes = lanes.map(() => f.local('v128'))
  for (const sum of sums.flat()) f.set(sum, f32x4.splatConst(0))
  f.for(block, i32.const(0), tile.k, 32, () => {
    for (let pair = 0; pair < pairsPerBlock; pair++) {
      codes.forEach((code, lane) => f.set(code, blocks.codes(w, pair, lane)))
      integers.forEach((row, token) => {
        const from = ptr.add(a, tile.tokenOffset(token))
        const broadcast = f.local('v128', v128.load32Splat(from, activationCodes + pair * 4))
        row.forEach((sum, lane) => {
          const product = i32x4.dotI16x8S(broadcast, codes[lane])
          f.set(sum, pair === 0 ? product : i32x4.add(sum, product))
        })
      })
    }
    const scales = blocks.scales(w).map((scale) => f.local('v128', scale))
    sums.forEach((row, token) => {
      const factor = f.local('v128', v128.load32Splat(ptr.add(a, tile.tokenOffset(token))))
      row.forEach((sum, lane) => {
        const product = f32x4.mul(f32x4.convertI32S(integers[token][lane]), factor)
        f.set(sum, f32x4.madd(scales[lane], product, sum))
      })
    })
    f.set(w, ptr.add(w, ptr.const(blocks.blockBytes)))
    f.set(a, ptr.add(a, ptr.const(activationBlockBytes.byte)))
  })
  return sums.map((row) => row.map((sum) => f32x4.mul(sum, f32x4.splatConst(twoTo112))))
}

/** Writes the panel at `weights` to `to`, as `unpacked` reads it. */
function emitUnpack(
  f: FunctionBuilder,
  { scales, codes, blockBytes }: ByteBlocks,
  weights: Ptr,
  k: I32,
  to: Ptr,
): void {
  const w = f.local('ptr', weights)
  const out = f.local('ptr', to)
  const block = f.local('i32')
  const store = (vectors: readonly V128[], offset: number) => {
    // All loads before the first store, or V8 does not see that the stores are neighbours.
    const values = vectors.map((value) => f.local('v128', value))
    values.forEach((value, lane) => f.do(v128.store(out, value, offset + lane * 16)))
  }
  f.for(block, i32.const(0), k, 32, () => {
    store(scales(w), 0)
    for (let pair = 0; pair < pairsPerBlock; pair++) {
      const vectors = lanes.map((lane) => codes(w, pair, lane))
      store(vectors, unpackedByteBlock.codesAt + pair * 64)
    }
    f.set(w, ptr.add(w, ptr.const(blockBytes)))
    f.set(out, ptr.add(out, ptr.const(unpacked.blockBytes)))
  })
}

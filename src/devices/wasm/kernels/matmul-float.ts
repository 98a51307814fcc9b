/** y = x @ w^T for f32, f16 and bf16 weights, in f32 arithmetic. For many tokens a panel of 16-bit weights is unpacked to 32 bits. */
import { f32x4, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, ModuleBuilder } from '../asm/module.ts'
import { panelBytes, panelRows } from '../panel.ts'
import type { FloatPanel } from '../panel.ts'
import { halfScale, twoTo112 } from './half-scale.ts'
import { tileSums, usualTiles } from './matmul-loop.ts'
import type { PanelWalk, Tile, TileSums, TileTokens } from './matmul-loop.ts'
import { activationBlockBytes } from './quantize.ts'

type Element = FloatPanel['element']

const lanes = [0, 1, 2, 3] as const

/** Four rows' weights of one k. */
const loaders: { readonly [element in Element]: (address: Ptr, lane: number) => V128 } = {
  f32: (address, lane) => v128.load(address, lane * 16),
  f16: (address, lane) => halfScale(address, lane * 8),
  bf16: (address, lane) => i32x4.shl(v128.load16x4U(address, lane * 8), 16),
}

/** 24 accumulators, packed in pairs, two vectors of weights and a token's factor fill the 15 registers that V8 gives away on x86. */
const wideTiles = [6, 4] as const

const tileTokens: { readonly [element in Element]: TileTokens } = {
  f32: [...wideTiles, 1],
  f16: usualTiles,
  bf16: usualTiles,
}

export function emitFloatMatmul(
  module: ModuleBuilder,
  name: string,
  { element }: FloatPanel,
  walk: PanelWalk,
): FunctionBuilder {
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const factor = element === 'f16' ? twoTo112 : 1
    walk(f, {
      activationBytesPer32: activationBlockBytes.float,
      panelBytesOf: (k) => i32.mul(k, i32.const(bytesPerK(element))),
      tileTokens: tileTokens[element],
      sumTile: (tile) => emitTile(f, element, factor, tile),
      ...(element !== 'f32' && {
        unpacked: {
          tileTokens: wideTiles,
          unpack: (weights, k, to) => emitUnpack(f, element, weights, k, to),
          sumTile: (tile) => emitTile(f, 'f32', factor, tile),
        },
      }),
    })
  })
}

const bytesPerK = (element: Element): number => panelBytes({ kind: 'float', element }, 1)

/** @param factor what the weights are too small by */
function emitTile(f: FunctionBuilder, element: Element, factor: number, tile: Tile): TileSums {
  const sums = tileSums(f, tile.tokens)
  const w = f.local('ptr', tile.weights)
  const a = f.local('ptr', tile.activations)
  const index = f.local('i32')
  const values = lanes.map(() => f.local('v128'))
  for (const sum of sums.flat()) f.set(sum, f32x4.splatConst(0))
  f.for(index, i32.const(0), tile.k, 1, () => {
    values.forEach((value, lane) => f.set(value, loaders[element](w, lane)))
    sums.forEach((row, token) => {
      const x = f.local('v128', v128.load32Splat(ptr.add(a, tile.tokenOffset(token))))
      row.forEach((sum, lane) => f.set(sum, f32x4.madd(values[lane], x, sum)))
    })
    f.set(w, ptr.add(w, ptr.const(bytesPerK(element))))
    f.set(a, ptr.add(a, ptr.const(4)))
  })
  if (factor === 1) return sums
  return sums.map((row) => row.map((sum) => f32x4.mul(sum, f32x4.splatConst(factor))))
}

/** Writes the panel at `weights` to `to` in f32, as small as its loader gives it. */
function emitUnpack(f: FunctionBuilder, element: Element, weights: Ptr, k: I32, to: Ptr): void {
  const w = f.local('ptr', weights)
  const out = f.local('ptr', to)
  const index = f.local('i32')
  f.for(index, i32.const(0), k, 1, () => {
    const values = lanes.map((lane) => f.local('v128', loaders[element](w, lane)))
    values.forEach((value, lane) => f.do(v128.store(out, value, lane * 16)))
    f.set(w, ptr.add(w, ptr.const(bytesPerK(element))))
    f.set(out, ptr.add(out, ptr.const(panelRows * 4)))
  })
}

/** y = x @ w^T for f32, f16 and bf16 weights, in f32 arithmetic. */
import { f32x4, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, ModuleBuilder } from '../asm/module.ts'
import { panelBytes } from '../panel.ts'
import type { FloatPanel } from '../panel.ts'
import { halfScale, twoTo112 } from './half-scale.ts'
import { tileSums, usualTiles } from './matmul-loop.ts'
import type { PanelWalk, TileTokens } from './matmul-loop.ts'
import { activationBlockBytes } from './quantize.ts'

const loaders: { readonly [element in FloatPanel['element']]: (address: Ptr, lane: number) => V128 } = {
  f32: (address, lane) => v128.load(address, lane * 16),
  f16: (address, lane) => halfScale(address, lane * 8),
  bf16: (address, lane) => i32x4.shl(v128.load16x4U(address, lane * 8), 16),
}

/** 24 accumulators, packed in pairs, two vectors of weights and a token's factor fill the 15 registers that V8 gives away on x86. */
const tileTokens: { readonly [element in FloatPanel['element']]: TileTokens } = {
  f32: [6, 4, 1],
  f16: usualTiles,
  bf16: usualTiles,
}

export function emitFloatMatmul(
  module: ModuleBuilder,
  name: string,
  format: FloatPanel,
  walk: PanelWalk,
): FunctionBuilder {
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const bytesPerK = panelBytes(format, 1)
    walk(f, {
      activationBytesPer32: activationBlockBytes.float,
      panelBytesOf: (k) => i32.mul(k, i32.const(bytesPerK)),
      tileTokens: tileTokens[format.element],
      sumTile: (tile) => {
        const sums = tileSums(f, tile.tokens)
        const w = f.local('ptr', tile.weights)
        const a = f.local('ptr', tile.activations)
        const index = f.local('i32')
        const values = [0, 1, 2, 3].map(() => f.local('v128'))
        for (const row of sums) for (const sum of row) f.set(sum, f32x4.splatConst(0))
        f.for(index, i32.const(0), tile.k, 1, () => {
          values.forEach((value, lane) => f.set(value, loaders[format.element](w, lane)))
          sums.forEach((row, token) => {
            const x = f.local('v128', v128.load32Splat(ptr.add(a, tile.tokenOffset(token))))
            row.forEach((sum, lane) => {
              const value = values[lane]
              if (value !== undefined) f.set(sum, f32x4.madd(value, x, sum))
            })
          })
          f.set(w, ptr.add(w, ptr.const(bytesPerK)))
          f.set(a, ptr.add(a, ptr.const(4)))
        })
        const factor = f32x4.splatConst(twoTo112)
        return format.element === 'f16' ? sums.map((row) => row.map((sum) => f32x4.mul(sum, factor))) : sums
      },
    })
  })
}

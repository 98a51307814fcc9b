/**
 * y = x @ w^T for signed 8-bit weights with a scale per 32, and activations of 16 bits: products of i16 pairs summed in i32, exact
 * (127 * 32767 * 32 < 2^31), then scaled in f32 as in matmul-integer.ts.
 */
import { f32x4, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { FunctionBuilder, ModuleBuilder } from '../asm/module.ts'
import { panelBytes } from '../panel.ts'
import type { BytePanel } from '../panel.ts'
import { tileSums, usualTiles } from './matmul-loop.ts'
import type { PanelWalk } from './matmul-loop.ts'
import { halfScale, twoTo112 } from './half-scale.ts'
import { activationBlockBytes } from './quantize.ts'

export function emitByteMatmul(
  module: ModuleBuilder,
  name: string,
  format: BytePanel,
  walk: PanelWalk,
): FunctionBuilder {
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const panelOf = panelBytes(format, 32)
    walk(f, {
      activationBytesPer32: activationBlockBytes.byte,
      panelBytesOf: (k) => i32.mul(i32.shrU(k, i32.const(5)), i32.const(panelOf)),
      tileTokens: usualTiles,
      sumTile: (tile) => {
        const sums = tileSums(f, tile.tokens)
        const integers = tileSums(f, tile.tokens)
        const lanes = [0, 1, 2, 3]
        const w = f.local('ptr', tile.weights)
        const a = f.local('ptr', tile.activations)
        const x = f.local('ptr')
        const block = f.local('i32')
        const pair = f.local('i32')
        const codes = lanes.map(() => f.local('v128'))
        for (const row of sums) for (const sum of row) f.set(sum, f32x4.splatConst(0))
        f.for(block, i32.const(0), tile.k, 32, () => {
          const scales = lanes.map((lane) => f.local('v128', halfScale(w, lane * 8)))
          for (const row of integers) for (const sum of row) f.set(sum, i32x4.splatConst(0))
          f.set(w, ptr.add(w, ptr.const(32)))
          f.set(x, ptr.add(a, ptr.const(16)))
          f.for(pair, i32.const(0), i32.const(16), 1, () => {
            codes.forEach((code, lane) => f.set(code, v128.load8x8S(w, lane * 8)))
            integers.forEach((row, token) => {
              const broadcast = f.local('v128', v128.load32Splat(ptr.add(x, tile.tokenOffset(token))))
              row.forEach((sum, lane) => {
                const code = codes[lane]
                if (code !== undefined) f.set(sum, i32x4.add(sum, i32x4.dotI16x8S(broadcast, code)))
              })
            })
            f.set(w, ptr.add(w, ptr.const(32)))
            f.set(x, ptr.add(x, ptr.const(4)))
          })
          sums.forEach((row, token) => {
            const factor = f.local('v128', v128.load32Splat(ptr.add(a, tile.tokenOffset(token))))
            row.forEach((sum, lane) => {
              const scale = scales[lane]
              const integer = integers[token]?.[lane]
              if (scale === undefined || integer === undefined) return
              f.set(sum, f32x4.madd(scale, f32x4.mul(f32x4.convertI32S(integer), factor), sum))
            })
          })
          f.set(a, ptr.add(a, ptr.const(activationBlockBytes.byte)))
        })
        return sums.map((row) => row.map((sum) => f32x4.mul(sum, f32x4.splatConst(twoTo112))))
      },
    })
  })
}

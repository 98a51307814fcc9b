/** y = x @ w^T for f32, f16 and bf16 weights, in f32 arithmetic. For many tokens a panel of 16-bit weights is unpacked to 32 bits. */
import { f32x4, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, ModuleBuilder } from '../asm/module.ts'
import { panelBytes, panelRows } from '../panel.ts'
import type { FloatPanel } from '../panel.ts'
import { halfScale, twoTo112 } from './half-scale.ts'
import { tileSums } from './matmul-loop.ts'
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
  f16: [4, 1],
  bf16: [4, 1],
}

export function emitFloatMatmul(
  module: ModuleBuilder,
  name: string,
  { element }: FloatPanel,
  walk: PanelWalk,
): FunctionBuilder {
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const sumTile = (tile: Tile, from: Element): TileSums =>
      element === 'f32' ? sumAll(f, tile) : sumEvenAndOdd(f, from, element === 'f16' ? twoTo112 : 1, tile)
    walk(f, {
      activationBytesPer32: activationBlockBytes.float,
      panelBytesOf: (k) => i32.mul(k, i32.const(bytesPerK(element))),
      tileTokens: tileTokens[element],
      sumTile: (tile) => sumTile(tile, element),
      ...(element !== 'f32' && {
        unpacked: {
          tileTokens: wideTiles,
          unpack: (weights, k, to) => emitUnpack(f, element, weights, k, to),
          sumTile: (tile) => sumTile(tile, 'f32'),
        },
      }),
    })
  })
}

const bytesPerK = (element: Element): number => panelBytes({ kind: 'float', element }, 1)

function sumAll(f: FunctionBuilder, tile: Tile): TileSums {
  const { sums, addNext } = startSums(f, 'f32', tile, 0, 1)
  repeat(f, tile.k, addNext)
  return sums
}

/**
 * Sums even and odd k apart. A single token takes them in turn, since one chain of additions for each row waits for itself (4 cycles a
 * value), which is slower than weights of 16 bits come from memory; more tokens run through one after the other, which gives the same bits.
 *
 * @param element what the panel holds, packed or unpacked
 * @param factor what the weights are too small by
 */
function sumEvenAndOdd(f: FunctionBuilder, element: Element, factor: number, tile: Tile): TileSums {
  const even = startSums(f, element, tile, 0, 2)
  const odd = startSums(f, element, tile, 1, 2)
  const pairs = f.local('i32', i32.shrU(tile.k, i32.const(1)))
  const last = f.local('i32', i32.and(tile.k, i32.const(1)))
  if (tile.tokens === 1) {
    repeat(f, pairs, () => {
      even.addNext()
      odd.addNext()
    })
    repeat(f, last, even.addNext)
  } else {
    repeat(f, i32.add(pairs, last), even.addNext)
    repeat(f, pairs, odd.addNext)
  }
  return even.sums.map((row, token) =>
    row.map((sum, lane) => {
      const whole = f32x4.add(sum, odd.sums[token][lane])
      return factor === 1 ? whole : f32x4.mul(whole, f32x4.splatConst(factor))
    }),
  )
}

const repeat = (f: FunctionBuilder, count: I32, body: () => void): void =>
  f.for(f.local('i32'), i32.const(0), count, 1, body)

/** Sums over every `stride`th k from `first` on; `addNext` adds one more. */
function startSums(f: FunctionBuilder, element: Element, tile: Tile, first: number, stride: number) {
  const sums = tileSums(f, tile.tokens)
  const w = f.local('ptr', ptr.add(tile.weights, ptr.const(first * bytesPerK(element))))
  const a = f.local('ptr', ptr.add(tile.activations, ptr.const(first * 4)))
  const values = lanes.map(() => f.local('v128'))
  for (const sum of sums.flat()) f.set(sum, f32x4.splatConst(0))
  const addNext = () => {
    values.forEach((value, lane) => f.set(value, loaders[element](w, lane)))
    sums.forEach((row, token) => {
      const x = f.local('v128', v128.load32Splat(ptr.add(a, tile.tokenOffset(token))))
      row.forEach((sum, lane) => f.set(sum, f32x4.madd(values[lane], x, sum)))
    })
    f.set(w, ptr.add(w, ptr.const(stride * bytesPerK(element))))
    f.set(a, ptr.add(a, ptr.const(stride * 4)))
  }
  return { sums, addNext }
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

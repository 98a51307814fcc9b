/**
 * y[m, n] = sum_k x[m, k] * w[n, k] for weights of 2 to 6 bits and activations of 8.
 *
 * Per block of 32 (or 16) k: unsigned codes times signed activations in i16 (`relaxed_dot` of a byte with a 7-bit byte, one
 * instruction on x86), widened to i32 before i16 can overflow, then scaled in f32. A tile is 16 rows x 1 or 4 tokens.
 */
import { f32x4, i16x8, i32, i32x4, i8x16, ptr, v128 } from '../asm/expression.ts'
import type { Arithmetic, I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { blockScaleBytes, halfCodeBytes, isSuper, panelBytes, superLength, superScaleBytes } from '../panel.ts'
import type { IntegerPanel, PanelScale } from '../panel.ts'
import { activationBlockBytes } from './quantize.ts'
import { halfScale, twoTo112 } from './half-scale.ts'
import { emitPanelLoop, storeTile, tileSums } from './matmul-loop.ts'
import type { Tile } from './matmul-loop.ts'

/** Byte offsets inside one activation block; see quantize.ts. */
const activationScale = 0
const sumLow = 4
const sumWhole = 12
const activationCodes = 16

export function emitIntegerMatmul(
  module: ModuleBuilder,
  name: string,
  format: IntegerPanel,
  addsTo: boolean,
): FunctionBuilder {
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    emitPanelLoop(
      f,
      activationBlockBytes.integer,
      (k) => panelSize(format, k),
      (tile) => {
        const locals = tileLocals(f, tile.tokens)
        emitTile(f, format, module.options.arithmetic, tile, locals)
        const scaled = locals.sums.map((row) => row.map((sum) => f32x4.mul(sum, f32x4.splatConst(twoTo112))))
        storeTile(f, tile, scaled, addsTo)
      },
    )
  })
}

/** Panel bytes for a run-time K, as an expression: panelBytes(format, 256 or 32) per unit. */
function panelSize(format: IntegerPanel, k: I32): I32 {
  const unit = isSuper(format.scale) ? superLength : 32
  return i32.mul(i32.divU(k, i32.const(unit)), i32.const(panelBytes(format, unit)))
}

interface TileLocals {
  /** [token][4 lanes of rows] */
  readonly sums: readonly (readonly Local<'v128'>[])[]
  readonly narrow: readonly (readonly Local<'v128'>[])[]
  readonly wide: readonly (readonly Local<'v128'>[])[]
}

function tileLocals(f: FunctionBuilder, tokens: number): TileLocals {
  return { sums: tileSums(f, tokens), narrow: tileSums(f, tokens), wide: tileSums(f, tokens) }
}

function emitTile(
  f: FunctionBuilder,
  format: IntegerPanel,
  arithmetic: Arithmetic,
  tile: Tile,
  { sums, narrow, wide }: TileLocals,
): void {
  const { planes, blockLength, scale } = format
  const halves = blockLength / 16
  const w = f.local('ptr')
  const a = f.local('ptr')
  const codes = f.local('ptr')
  const x = f.local('ptr')
  const block = f.local('i32')
  const zero = i32x4.splatConst(0)
  const ones = f.local('v128', i16x8.splatConst(1))
  const largest = 2 ** planes.reduce((sum: number, bits) => sum + bits, 0) - 1
  const dotsInI16 = Math.floor(32767 / (largest * 127 * 2))
  // Codes of at most 4 bits can be summed over a whole block in i16; wider ones are widened on the way.
  const stepsPerWiden = dotsInI16 >= blockLength / 4 ? blockLength / 4 : dotsInI16 >= 4 ? 4 : 2
  const sumsInI32 = arithmetic === 'relaxed-i32'
  const widensInside = !sumsInI32 && stepsPerWiden < blockLength / 4

  for (const row of sums) for (const sum of row) f.set(sum, zero)
  f.set(w, tile.weights)
  f.set(a, tile.activations)
  const superScales = isSuper(scale) ? [0, 1, 2, 3].map(() => f.local('v128')) : []
  const superMinimums = scale.kind === 'super-scale-minimum' ? [0, 1, 2, 3].map(() => f.local('v128')) : []

  const rowScales = (lane: number): V128 => {
    switch (scale.kind) {
      case 'scale':
      case 'scale-minimum':
        return halfScale(w, lane * 8)
      case 'super-scale':
        return f32x4.mul(superScales[lane] as V128, byteScale(w, lane * 4, true))
      case 'super-scale-minimum':
        return f32x4.mul(
          superScales[lane] as V128,
          scale.packed ? nibbleScale(w, lane * 4, 0) : byteScale(w, lane * 4, false),
        )
    }
  }
  /** What a row adds per unit of activation: positive in simple formats, minus the minimum in super-scaled ones. */
  const rowMinimums = (lane: number): V128 => {
    if (scale.kind !== 'super-scale-minimum') return halfScale(w, 32 + lane * 8)
    const steps = scale.packed ? nibbleScale(w, lane * 4, 4) : byteScale(w, 16 + lane * 4, false)
    return f32x4.mul(superMinimums[lane] as V128, steps)
  }

  const writeBlock = (halfOffset: number): void => {
    const scaleBytes = blockScaleBytes(scale)
    const clear = (grid: readonly (readonly Local<'v128'>[])[]) => {
      for (const row of grid) for (const value of row) f.set(value, zero)
    }
    if (widensInside) clear(wide)
    else clear(narrow)
    f.set(codes, ptr.add(w, ptr.const(scaleBytes)))
    f.set(x, ptr.add(a, ptr.const(activationCodes + halfOffset * 16)))
    // Nothing happens between the halves when only 4-bit codes are there, so they share one loop.
    const loops = planes.length === 1 && planes[0] === 4 ? 1 : halves
    for (let part = 0; part < loops; part++) {
      const rule = { steps: blockLength / 4 / loops, stepsPerWiden, widensInside, sumsInI32, ones }
      emitSteps(f, planes, { codes, x, tokenOffset: tile.tokenOffset }, { narrow, wide }, rule)
    }
    const integers = (token: number, lane: number): V128 => {
      const sum = (widensInside ? wide : narrow)[token]?.[lane] as V128
      return widensInside || sumsInI32 ? sum : i32x4.dotI16x8S(sum, ones)
    }
    const sumOffset = blockLength === 32 ? sumWhole : sumLow + halfOffset * 4
    // The scales of the block, once for all tokens of the tile.
    const lanes = [0, 1, 2, 3]
    const scales = lanes.map((lane) => f.local('v128', rowScales(lane)))
    const minimums = hasMinimum(scale) ? lanes.map((lane) => f.local('v128', rowMinimums(lane))) : []
    for (let token = 0; token < sums.length; token++) {
      const from = ptr.add(a, tile.tokenOffset(token))
      const factor = f.local('v128', v128.load32Splat(from, activationScale))
      const total = f.local('v128', v128.load32Splat(from, sumOffset))
      if ('offset' in scale) f.set(total, f32x4.mul(total, f32x4.splatConst(-scale.offset)))
      for (const lane of lanes) {
        const sum = sums[token]?.[lane] as Local<'v128'>
        const product = f32x4.convertI32S(integers(token, lane))
        const minimum = minimums[lane]
        const scaled =
          minimum === undefined
            ? f32x4.madd(scales[lane] as V128, f32x4.madd(product, factor, total), sum)
            : f32x4.madd(scales[lane] as V128, f32x4.mul(product, factor), f32x4.madd(minimum, total, sum))
        f.set(sum, scaled)
      }
    }
    f.set(w, codes)
  }

  if (isSuper(scale)) {
    const inner = f.local('i32')
    f.for(block, i32.const(0), tile.k, superLength, () => {
      superScales.forEach((local, lane) => f.set(local, halfScale(w, lane * 8)))
      superMinimums.forEach((local, lane) => f.set(local, f32x4.neg(halfScale(w, 32 + lane * 8))))
      f.set(w, ptr.add(w, ptr.const(superScaleBytes(scale))))
      f.for(inner, i32.const(0), i32.const(superLength), 32, () => {
        writeBlock(0)
        if (blockLength === 16) writeBlock(1)
        f.set(a, ptr.add(a, ptr.const(activationBlockBytes.integer)))
      })
    })
  } else {
    f.for(block, i32.const(0), tile.k, 32, () => {
      writeBlock(0)
      f.set(a, ptr.add(a, ptr.const(activationBlockBytes.integer)))
    })
  }
}

const hasMinimum = (scale: PanelScale): boolean =>
  scale.kind === 'scale-minimum' || scale.kind === 'super-scale-minimum'

/** Multiplies 16 rows x `steps` times 4 k into the sums, and moves `codes` and `x` on. */
function emitSteps(
  f: FunctionBuilder,
  planes: IntegerPanel['planes'],
  from: { readonly codes: Local<'ptr'>; readonly x: Local<'ptr'>; readonly tokenOffset: (token: number) => Ptr },
  into: {
    readonly narrow: readonly (readonly Local<'v128'>[])[]
    readonly wide: readonly (readonly Local<'v128'>[])[]
  },
  rule: {
    readonly steps: number
    readonly stepsPerWiden: number
    readonly widensInside: boolean
    readonly sumsInI32: boolean
    readonly ones: V128
  },
): void {
  const { codes, x } = from
  const codeBytes = (rule.steps / 4) * halfCodeBytes(planes)
  const stepsPerIteration = planes.includes(2) ? 2 : 1
  const base = planes[0] as 4 | 2
  const high = planes[1]
  const nibbles = i8x16.splatConst(15)
  const values = [0, 1, 2, 3].map(() => f.local('v128'))
  const bits = [0, 1].map(() => f.local('v128'))
  const pairs = [0, 1].map(() => f.local('v128'))
  const highOffset = base * 32
  const step = f.local('i32')
  if (high === 1) bits.forEach((local, side) => f.set(local, v128.load(codes, highOffset + side * 16)))
  const end = f.local('ptr', ptr.add(codes, ptr.const(codeBytes)))
  const highAt = f.local('ptr', ptr.add(codes, ptr.const(highOffset)))

  const clear = () => {
    for (const row of into.narrow) for (const sum of row) f.set(sum, i32x4.splatConst(0))
  }
  const widen = () => {
    into.narrow.forEach((row, token) => {
      row.forEach((sum, lane) => {
        const target = into.wide[token]?.[lane] as Local<'v128'>
        f.set(target, i32x4.add(target, i32x4.dotI16x8S(sum, rule.ones)))
      })
    })
  }

  const widensPerLoop = rule.widensInside && rule.stepsPerWiden === 4
  if (widensPerLoop) clear()
  f.for(step, i32.const(0), i32.const(rule.steps), stepsPerIteration, () => {
    if (rule.widensInside && rule.stepsPerWiden === stepsPerIteration) clear()
    if (base === 2) pairs.forEach((local, side) => f.set(local, v128.load(codes, side * 16)))
    else if (high === 2) pairs.forEach((local, side) => f.set(local, v128.load(highAt, side * 16)))
    for (let part = 0; part < stepsPerIteration; part++) {
      for (let side = 0; side < 2; side++) {
        for (const upper of [0, 1]) {
          // Lane 0, 1: rows 0-7; lane 2, 3: rows 8-15, from the upper bits of the same bytes.
          const lane = upper * 2 + side
          const pair = pairs[side] as V128
          let value: V128
          if (base === 4) {
            const loaded = v128.load(codes, part * 32 + side * 16)
            value = v128.and(upper === 1 ? i16x8.shrU(loaded, 4) : loaded, nibbles)
          } else {
            const shift = part * 4 + upper * 2
            value = v128.and(shift === 0 ? pair : i16x8.shrU(pair, shift), i8x16.splatConst(3))
          }
          if (high === 2) {
            const shift = 4 - part * 4 - upper * 2
            const moved = shift > 0 ? i16x8.shl(pair, shift) : shift < 0 ? i16x8.shrU(pair, -shift) : pair
            value = v128.or(value, v128.and(moved, i8x16.splatConst(0x30)))
          }
          if (high === 1) {
            const moved = i16x8.shl(bits[side] as V128, base - upper)
            value = v128.or(value, v128.and(moved, i8x16.splatConst(1 << base)))
          }
          f.set(values[lane] as Local<'v128'>, value)
        }
      }
      if (high === 1) bits.forEach((local) => f.set(local, i16x8.shrU(local, 2)))
      into.narrow.forEach((row, token) => {
        const broadcast = f.local('v128', v128.load32Splat(ptr.add(x, from.tokenOffset(token)), part * 4))
        row.forEach((sum, lane) => {
          const value = values[lane] as V128
          const next = rule.sumsInI32
            ? i32x4.relaxedDotI8x16I7x16AddS(broadcast, value, sum)
            : i16x8.add(sum, i16x8.dotI8x16I7x16(broadcast, value))
          f.set(sum, next)
        })
      })
    }
    f.set(x, ptr.add(x, ptr.const(stepsPerIteration * 4)))
    f.set(codes, ptr.add(codes, ptr.const(base === 4 ? stepsPerIteration * 32 : 32)))
    if (high === 2) f.set(highAt, ptr.add(highAt, ptr.const(32)))
    if (rule.widensInside && rule.stepsPerWiden === stepsPerIteration) widen()
  })
  if (widensPerLoop) widen()
  f.set(codes, end)
}

function byteScale(address: Ptr, offset: number, signed: boolean): V128 {
  const bytes = v128.load32Zero(address, offset)
  return f32x4.convertI32S(
    signed ? i32x4.extendLowI16S(i16x8.extendLowS(bytes)) : i32x4.extendLowI16S(i16x8.extendLowU(bytes)),
  )
}

function nibbleScale(address: Ptr, offset: number, shift: 0 | 4): V128 {
  const wide = i32x4.extendLowI16S(i16x8.extendLowU(v128.load32Zero(address, offset)))
  return f32x4.convertI32S(shift === 0 ? v128.and(wide, i32x4.splatConst(15)) : i32x4.shrU(wide, 4))
}

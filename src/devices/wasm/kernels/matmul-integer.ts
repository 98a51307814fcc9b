/**
 * y[m, n] = sum_k x[m, k] * w[n, k] for weights of 2 to 6 bits and activations of 8.
 *
 * Per block of 32 (or 16) k: unsigned codes times signed activations in i16 (a byte times a 7-bit byte, one instruction on x86), widened
 * to i32 before i16 can overflow, then scaled in f32. A tile is 16 rows x 1 or 4 tokens.
 */
import { f32x4, i16x8, i32, i32x4, i8x16, ptr, v128 } from '../asm/expression.ts'
import type { Arithmetic, I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { blockScaleBytes, halfCodeBytes, isSuper, panelBytes, superLength, superScaleBytes } from '../panel.ts'
import type { IntegerPanel, PanelScale } from '../panel.ts'
import { halfScale, twoTo112 } from './half-scale.ts'
import { tileSums, usualTiles } from './matmul-loop.ts'
import type { PanelWalk, Tile } from './matmul-loop.ts'
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
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    walk(f, {
      activationBytesPer32: activationBlockBytes.integer,
      panelBytesOf: (k) => panelSize(format, k),
      tileTokens: usualTiles,
      sumTile: (tile) => {
        const sums = emitTile(f, format, module.options.arithmetic, tile)
        return sums.map((row) => row.map((sum) => f32x4.mul(sum, f32x4.splatConst(twoTo112))))
      },
    })
  })
}

/** Panel bytes for a run-time K. */
function panelSize(format: IntegerPanel, k: I32): I32 {
  const unit = isSuper(format.scale) ? superLength : 32
  return i32.mul(i32.divU(k, i32.const(unit)), i32.const(panelBytes(format, unit)))
}

function emitTile(f: FunctionBuilder, format: IntegerPanel, arithmetic: Arithmetic, tile: Tile) {
  const { blockLength, scale } = format
  const sums = tileSums(f, tile.tokens)
  const products = createProducts(f, format, arithmetic, tile)
  const w = f.local('ptr', tile.weights)
  const a = f.local('ptr', tile.activations)
  const block = f.local('i32')
  const superScales = isSuper(scale) ? lanes.map(() => f.local('v128')) : []
  const superMinimums = scale.kind === 'super-scale-minimum' ? lanes.map(() => f.local('v128')) : []
  for (const sum of sums.flat()) f.set(sum, f32x4.splatConst(0))

  /** One block: `part` is which 16 of the 32 activations it covers, when it covers 16. */
  const emitBlock = (part: 0 | 1) => {
    const scaleBytes = blockScaleBytes(scale)
    const codes = f.local('ptr', ptr.add(w, ptr.const(scaleBytes)))
    const integers = products(codes, f.local('ptr', ptr.add(a, ptr.const(activation.codes + part * 16))))
    const scales = rowScales(f, scale, w, superScales).map((value) => f.local('v128', value))
    const minimums = rowMinimums(f, scale, w, superMinimums).map((value) => f.local('v128', value))
    sums.forEach((row, token) => {
      const from = ptr.add(a, tile.tokenOffset(token))
      const factor = f.local('v128', v128.load32Splat(from, activation.scale))
      const sumOffset = blockLength === 32 ? activation.sumWhole : activation.sumLow + part * 4
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
    f.set(w, ptr.add(w, ptr.const(scaleBytes + (blockLength / 16) * halfCodeBytes(format.planes))))
  }
  const emit32 = () => {
    emitBlock(0)
    if (blockLength === 16) emitBlock(1)
    f.set(a, ptr.add(a, ptr.const(activationBlockBytes.integer)))
  }

  if (isSuper(scale)) {
    const inner = f.local('i32')
    f.for(block, i32.const(0), tile.k, superLength, () => {
      superScales.forEach((local, lane) => f.set(local, halfScale(w, lane * 8)))
      superMinimums.forEach((local, lane) => f.set(local, f32x4.neg(halfScale(w, 32 + lane * 8))))
      f.set(w, ptr.add(w, ptr.const(superScaleBytes(scale))))
      f.for(inner, i32.const(0), i32.const(superLength), 32, emit32)
    })
  } else f.for(block, i32.const(0), tile.k, 32, emit32)
  return sums
}

// --- scales -----------------------------------------------------------------------------------------------------------

/** What each of 16 rows multiplies its codes with, 2^112 too small. */
function rowScales(f: FunctionBuilder, scale: PanelScale, w: Ptr, superScales: readonly V128[]): V128[] {
  switch (scale.kind) {
    case 'scale':
    case 'scale-minimum':
      return lanes.map((lane) => halfScale(w, lane * 8))
    case 'super-scale':
      return byteRows(f, w, 0, 'signed').map((value, lane) => f32x4.mul(superScales[lane], value))
    case 'super-scale-minimum':
      return byteRows(f, w, 0, scale.packed ? 'low' : 'unsigned').map((value, lane) =>
        f32x4.mul(superScales[lane], value),
      )
  }
}

/** What each row adds per unit of activation: as the file has it in simple formats, minus the minimum in super-scaled ones. */
function rowMinimums(f: FunctionBuilder, scale: PanelScale, w: Ptr, superMinimums: readonly V128[]): V128[] {
  switch (scale.kind) {
    case 'scale':
    case 'super-scale':
      return []
    case 'scale-minimum':
      return lanes.map((lane) => halfScale(w, 32 + lane * 8))
    case 'super-scale-minimum':
      return byteRows(f, w, scale.packed ? 0 : 16, scale.packed ? 'high' : 'unsigned').map((value, lane) =>
        f32x4.mul(superMinimums[lane], value),
      )
  }
}

/** 16 bytes (or their low or high nibbles) as 4 x 4 floats; neighbours come from one value, which lets V8 pack them. */
function byteRows(
  f: FunctionBuilder,
  address: Ptr,
  offset: number,
  kind: 'signed' | 'unsigned' | 'low' | 'high',
): V128[] {
  const eights = [0, 8].map((at) => {
    const loaded = (kind === 'signed' ? v128.load8x8S : v128.load8x8U)(address, offset + at)
    const part =
      kind === 'low' ? v128.and(loaded, i16x8.splatConst(15)) : kind === 'high' ? i16x8.shrU(loaded, 4) : loaded
    return f.local('v128', part)
  })
  return lanes.map((lane) => {
    const eight = eights[lane >> 1]
    return f32x4.convertI32S((lane & 1) === 0 ? i32x4.extendLowI16S(eight) : i32x4.extendHighI16S(eight))
  })
}

// --- products ---------------------------------------------------------------------------------------------------------

/** Multiplies the codes of one block with the activations at `x`; gives the i32 sums by token and lane. */
type Products = (codes: Local<'ptr'>, x: Local<'ptr'>) => (token: number, lane: number) => V128

const stepsPerHalf = 4

function createProducts(f: FunctionBuilder, format: IntegerPanel, arithmetic: Arithmetic, tile: Tile): Products {
  const { planes, blockLength } = format
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

  if (tile.tokens > 1 && planes.length === 1 && planes[0] === 4 && dotsInI16 >= steps) {
    // Many accumulators and little decoding: a rolled loop keeps V8 from hoisting loads until it has to spill.
    const step = f.local('i32')
    return (codes, x) => {
      for (const sum of narrow.flat()) f.set(sum, zero)
      f.for(step, i32.const(0), i32.const(steps), 1, () => {
        lanes.forEach((lane) => f.set(values[lane], codeVector(planes, codes, 0, lane)))
        multiply(x, 0, false)
        f.set(x, ptr.add(x, ptr.const(4)))
        f.set(codes, ptr.add(codes, ptr.const(32)))
      })
      return widened
    }
  }
  return (codes, x) => {
    const widens = dotsInI16 < steps
    for (let step = 0; step < steps; step++) {
      const half = Math.floor(step / stepsPerHalf) * halfCodeBytes(planes)
      lanes.forEach((lane) => f.set(values[lane], codeVector(planes, codes, step % stepsPerHalf, lane, half)))
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

/**
 * The codes of four rows (lane 0, 1: rows 0-7; lane 2, 3: rows 8-15, from the upper bits of the same bytes) x 4 k of step `step` of a
 * half block at `codes + offset`, joined from its bit planes.
 */
function codeVector(planes: IntegerPanel['planes'], codes: Ptr, step: number, lane: number, offset = 0): V128 {
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

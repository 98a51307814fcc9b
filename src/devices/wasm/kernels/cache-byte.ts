/**
 * Keys and values as signed bytes with an f32 scale for every 32 dimensions of a position; headDim must be a multiple of 32.
 *
 *   keys of a head:   4 panels of [headDim / 32][16] scales, then [headDim / 2][16 positions][2] codes
 *   values of a head: [headDim / 32][64] scales, then [headDim / 16][32 pairs of positions][16 dimensions][2] codes
 *
 * Queries and weights are encoded in 16 bits, so that both products are exact sums of i16 pairs in i32, and what is lost is what the
 * bytes lose.
 */
import { at, f32, f32x4, i16x8, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { F32, I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder } from '../asm/module.ts'
import { lanes, pagePositions, panelDims, panelPositions } from './cache-codec.ts'
import type { CacheCodec } from './cache-codec.ts'
import { loadRows, storeRows } from './cache-float.ts'
import { tileSums } from './matmul-loop.ts'
import { horizontalMax, roundToI32 } from './vector-math.ts'

const block = 32
const perPanelBlock = panelPositions * 4 + block * panelPositions
const perValueBlock = pagePositions * 4

export const byteCache: CacheCodec = {
  keyBytes: (headDim) => 4 * (headDim / block) * perPanelBlock,
  valueBytes: (headDim) => (headDim / block) * perValueBlock + headDim * pagePositions,
  queryBytes: (headDim) => (headDim / block) * 4 + headDim * 2 + 64,
  weightBytes: pagePositions * 2,
  weightFactor: 1,

  emitStoreKey(f, from, to, slot, headDim) {
    const panelBytes = i32.mul(i32.shrU(headDim, i32.const(5)), i32.const(perPanelBlock))
    const panel = f.local('ptr', ptr.add(to, ptr.from(i32.mul(i32.shrU(slot, i32.const(4)), panelBytes))))
    const lane = f.local('i32', i32.and(slot, i32.const(panelPositions - 1)))
    const codes = f.local('ptr', codesOfPanel(panel, headDim))
    eachBlock(f, headDim, (index) => {
      const source = f.local('ptr', at(from, index, block * 4))
      const { scale, inverse } = blockScale(f, source, 127)
      f.do(f32.store(at(at(panel, index, panelPositions * 4), lane, 4), scale))
      const target = f.local('ptr', at(at(codes, index, block * panelPositions), lane, 2))
      const dim = f.local('i32')
      f.for(dim, i32.const(0), i32.const(block), 1, () => {
        const pair = i32.mul(i32.shrU(dim, i32.const(1)), i32.const(panelPositions * 2))
        const offset = i32.add(pair, i32.and(dim, i32.const(1)))
        f.do(i32.store8(at(target, offset, 1), code(source, dim, inverse)))
      })
    })
  },

  emitStoreValue(f, from, to, slot, headDim) {
    const codes = f.local('ptr', codesOfValues(to, headDim))
    const pair = i32.mul(i32.shrU(slot, i32.const(1)), i32.const(panelDims * 2))
    const first = f.local('ptr', at(codes, i32.add(pair, i32.and(slot, i32.const(1))), 1))
    eachBlock(f, headDim, (index) => {
      const source = f.local('ptr', at(from, index, block * 4))
      const { scale, inverse } = blockScale(f, source, 127)
      f.do(f32.store(at(at(to, index, perValueBlock), slot, 4), scale))
      const target = f.local('ptr', at(first, index, block * pagePositions))
      const dim = f.local('i32')
      f.for(dim, i32.const(0), i32.const(block), 1, () => {
        const inPanel = i32.and(dim, i32.const(panelDims - 1))
        const panel = i32.mul(i32.sub(dim, inPanel), i32.const(pagePositions))
        f.do(i32.store8(at(target, i32.add(panel, i32.mul(inPanel, i32.const(2))), 1), code(source, dim, inverse)))
      })
    })
  },

  /** [headDim / 32] scales, then [headDim] codes of 16 bits. */
  emitQuery(f, query, factor, to, headDim) {
    const codes = f.local('ptr', queryCodes(to, headDim))
    eachBlock(f, headDim, (index) => {
      const source = f.local('ptr', at(query, index, block * 4))
      const { scale, inverse } = blockScale(f, source, 32767)
      f.do(f32.store(at(to, index, 4), f32.mul(scale, factor)))
      const dim = f.local('i32')
      f.for(dim, i32.const(0), i32.const(block), 1, () => {
        f.do(i32.store16(at(at(codes, index, block * 2), dim, 2), code(source, dim, inverse)))
      })
    })
  },

  emitScores(f, { keys, queries, scores, headDim, padded }) {
    const position = f.local('i32')
    const pair = f.local('i32')
    const panel = f.local('ptr', keys)
    const key = f.local('ptr')
    const query = f.local('ptr')
    const vectors = lanes.map(() => f.local('v128'))
    const sums = tileSums(f, queries.length)
    const integers = tileSums(f, queries.length)
    const codes = queries.map((row) => f.local('ptr', queryCodes(row, headDim)))
    f.for(position, i32.const(0), padded, panelPositions, () => {
      for (const sum of sums.flat()) f.set(sum, f32x4.splatConst(0))
      f.set(key, codesOfPanel(panel, headDim))
      f.set(query, ptr.const(0))
      eachBlock(f, headDim, (index) => {
        for (const integer of integers.flat()) f.set(integer, i32x4.splatConst(0))
        f.for(pair, i32.const(0), i32.const(block / 2), 1, () => {
          vectors.forEach((vector, lane) => f.set(vector, v128.load8x8S(key, lane * 8)))
          integers.forEach((row, i) => {
            const two = f.local('v128', v128.load32Splat(ptr.add(codes[i], query)))
            row.forEach((integer, lane) => f.set(integer, i32x4.add(integer, i32x4.dotI16x8S(two, vectors[lane]))))
          })
          f.set(key, ptr.add(key, ptr.const(panelPositions * 2)))
          f.set(query, ptr.add(query, ptr.const(4)))
        })
        const scales = f.local('ptr', at(panel, index, panelPositions * 4))
        vectors.forEach((vector, lane) => f.set(vector, v128.load(scales, lane * 16)))
        sums.forEach((row, i) => {
          const scale = f.local('v128', v128.load32Splat(at(queries[i], index, 4)))
          row.forEach((sum, lane) => {
            f.set(sum, f32x4.madd(f32x4.mul(f32x4.convertI32S(integers[i][lane]), scale), vectors[lane], sum))
          })
        })
      })
      storeRows(f, scores, position, sums)
      f.set(panel, key)
    })
  },

  emitValues(f, { values, weights, working, outputs, width, present }) {
    const column = f.local('i32')
    const pair = f.local('i32')
    const pairs = f.local('i32', i32.shrU(i32.add(present, i32.const(1)), i32.const(1)))
    const value = f.local('ptr')
    const weight = f.local('ptr')
    const vectors = lanes.map(() => f.local('v128'))
    const sums = tileSums(f, outputs.length)
    const integers = tileSums(f, outputs.length)
    const codes = f.local('ptr', codesOfValues(values, width))
    const scales = outputs.map(() => f.local('f32'))
    f.for(column, i32.const(0), width, 16, () => {
      // Every 32 dimensions have scales of their own, which the weights take in before they are encoded.
      f.if(i32.eqz(i32.and(column, i32.const(block - 1))), () => {
        const ofBlock = f.local('ptr', at(values, i32.shrU(column, i32.const(5)), perValueBlock))
        outputs.forEach((_, i) => emitWeightCodes(f, weights[i], ofBlock, working[i], scales[i]))
      })
      for (const integer of integers.flat()) f.set(integer, i32x4.splatConst(0))
      f.set(value, at(codes, column, pagePositions))
      f.set(weight, ptr.const(0))
      f.for(pair, i32.const(0), pairs, 1, () => {
        vectors.forEach((vector, lane) => f.set(vector, v128.load8x8S(value, lane * 8)))
        integers.forEach((row, i) => {
          const two = f.local('v128', v128.load32Splat(ptr.add(working[i], weight)))
          row.forEach((integer, lane) => f.set(integer, i32x4.add(integer, i32x4.dotI16x8S(two, vectors[lane]))))
        })
        f.set(value, ptr.add(value, ptr.const(panelDims * 2)))
        f.set(weight, ptr.add(weight, ptr.const(4)))
      })
      loadRows(f, outputs, column, sums)
      sums.forEach((row, i) => {
        const scale = f.local('v128', f32x4.splat(scales[i]))
        row.forEach((sum, lane) => f.set(sum, f32x4.madd(f32x4.convertI32S(integers[i][lane]), scale, sum)))
      })
      storeRows(f, outputs, column, sums)
    })
  },
}

/** working = 16-bit codes of weights * scales for 64 positions; sets `scale` to their unit. */
function emitWeightCodes(
  f: FunctionBuilder,
  weights: Ptr,
  scales: Ptr,
  working: Ptr,
  scale: ReturnType<typeof f32Local>,
): void {
  const groups = Array.from({ length: pagePositions / 4 }, (_, i) => i * 16)
  const products = groups.map((offset) =>
    f.local('v128', f32x4.mul(v128.load(weights, offset), v128.load(scales, offset))),
  )
  const peak = f.local(
    'f32',
    horizontalMax(
      f,
      products.reduce<V128>((a, b) => f32x4.max(a, b), products[0]),
    ),
  )
  f.set(scale, f32.mul(peak, f32.const(1 / 32767)))
  const inverse = f.local('v128', f32x4.splat(inverseOf(peak, 32767)))
  const whole = (i: number) => roundToI32(f32x4.mul(products[i], inverse))
  for (let i = 0; i < groups.length; i += 2) f.do(v128.store(working, i16x8.narrowI32S(whole(i), whole(i + 1)), i * 8))
}

const f32Local = (f: FunctionBuilder) => f.local('f32')

function eachBlock(f: FunctionBuilder, headDim: I32, body: (index: I32) => void): void {
  const index = f.local('i32')
  f.for(index, i32.const(0), i32.shrU(headDim, i32.const(5)), 1, () => body(index))
}

/** Scale of 32 values for codes up to `limit`, and what to multiply values with. */
function blockScale(f: FunctionBuilder, source: Ptr, limit: number): { scale: F32; inverse: F32 } {
  const peaks = Array.from({ length: block / 4 }, (_, i) => f32x4.abs(v128.load(source, i * 16)))
  const peak = f.local(
    'f32',
    horizontalMax(
      f,
      peaks.reduce((a, b) => f32x4.max(a, b)),
    ),
  )
  return { scale: f32.mul(peak, f32.const(1 / limit)), inverse: f.local('f32', inverseOf(peak, limit)) }
}

const inverseOf = (peak: F32, limit: number): F32 =>
  f32.select(f32.gt(peak, f32.const(0)), f32.div(f32.const(limit), peak), f32.const(0))

const code = (source: Ptr, dim: I32, inverse: F32): I32 =>
  i32.truncSatF32(f32.nearest(f32.mul(f32.load(at(source, dim, 4)), inverse)))

const codesOfPanel = (panel: Ptr, headDim: I32): Ptr => at(panel, i32.shrU(headDim, i32.const(5)), panelPositions * 4)
const codesOfValues = (values: Ptr, headDim: I32): Ptr => at(values, i32.shrU(headDim, i32.const(5)), perValueBlock)
const queryCodes = (query: Ptr, headDim: I32): Ptr => at(query, i32.shrU(headDim, i32.const(5)), 4)

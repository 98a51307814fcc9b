/**
 * Keys and values as f32 or f16, in the order in which attention reads them. Keys: [4 panels][headDim][16 positions]; values:
 * [width / 16 panels][64 positions][16 dimensions].
 *
 * An f16 is read by shifting its bits into f32 position, which leaves it 2^112 too small (see half-scale.ts); queries and weights are
 * stored 2^112 too large to make up for it, so that every product is in its normal range.
 */
import { at, f32, f32x4, i32, ptr, v128 } from '../asm/expression.ts'
import type { F32, I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local } from '../asm/module.ts'
import { lanes, pagePositions, panelDims, panelPositions, roundUp16 } from './cache-codec.ts'
import type { CacheCodec } from './cache-codec.ts'
import { halfScale, twoTo112 } from './half-scale.ts'
import { tileSums } from './matmul-loop.ts'

export const f32Cache: CacheCodec = floatCache({
  bytes: 4,
  plain: true,
  factor: 1,
  load: (address, lane) => v128.load(address, lane * 16),
  store: (f, to, value) => f.do(f32.store(to, value)),
})

export const f16Cache: CacheCodec = floatCache({
  bytes: 2,
  plain: false,
  factor: twoTo112,
  load: (address, lane) => halfScale(address, lane * 8),
  store: (f, to, value) => f.do(i32.store16(to, halfBits(f, value))),
})

interface Element {
  readonly bytes: 2 | 4
  /** Whether a value is stored as it stands, four at once. */
  readonly plain: boolean
  readonly factor: number
  readonly load: (address: Ptr, lane: number) => V128
  readonly store: (f: FunctionBuilder, to: Ptr, value: F32) => void
}

function floatCache({ bytes, plain, factor, load, store }: Element): CacheCodec {
  return {
    keyBytes: (headDim) => headDim * pagePositions * bytes,
    valueBytes: (headDim) => roundUp16(headDim) * pagePositions * bytes,
    valueDims: roundUp16,
    queryBytes: (headDim) => roundUp16(headDim) * 4,
    weightBytes: 0,
    weightFactor: factor,
    emitStoreKey(f, from, to, slot, dims) {
      const headDim = i32.const(dims)
      const inPanel = i32.add(
        i32.mul(i32.mul(i32.shrU(slot, i32.const(4)), headDim), i32.const(panelPositions)),
        i32.and(slot, i32.const(panelPositions - 1)),
      )
      const target = f.local('ptr', at(to, inPanel, bytes))
      const dim = f.local('i32')
      const [source, place] = [f.local('ptr'), f.local('ptr')]
      const whole = i32.and(headDim, i32.const(-unrolled))
      f.for(dim, i32.const(0), whole, unrolled, () => {
        f.set(source, at(from, dim, 4))
        f.set(place, at(target, dim, panelPositions * bytes))
        for (let part = 0; part < unrolled; part++) {
          const partPlace = ptr.add(place, ptr.const(part * panelPositions * bytes))
          store(f, partPlace, f32.load(source, part * 4))
        }
      })
      f.for(dim, whole, headDim, 1, () => {
        store(f, at(target, dim, panelPositions * bytes), f32.load(at(from, dim, 4)))
      })
    },
    emitStoreValue(f, from, to, slot, dims) {
      const headDim = i32.const(dims)
      const target = f.local('ptr', at(to, slot, panelDims * bytes))
      const dim = f.local('i32')
      const inPanel = i32.and(dim, i32.const(panelDims - 1))
      const panel = i32.mul(i32.sub(dim, inPanel), i32.const(pagePositions))
      const place = at(target, i32.add(panel, inPanel), bytes)
      const whole = plain ? i32.and(headDim, i32.const(-4)) : i32.const(0)
      if (plain) f.for(dim, i32.const(0), whole, 4, () => f.do(v128.store(place, v128.load(at(from, dim, 4)))))
      f.for(dim, whole, headDim, 1, () => store(f, place, f32.load(at(from, dim, 4))))
    },
    emitQuery(f, query, scale, to, dims) {
      const headDim = i32.const(dims)
      const dim = f.local('i32')
      const scaled = f.local('f32', f32.mul(scale, f32.const(factor)))
      const factors = f.local('v128', f32x4.splat(scaled))
      const whole = i32.and(headDim, i32.const(-4))
      f.for(dim, i32.const(0), whole, 4, () => {
        f.do(v128.store(at(to, dim, 4), f32x4.mul(v128.load(at(query, dim, 4)), factors)))
      })
      f.for(dim, whole, headDim, 1, () => {
        f.do(f32.store(at(to, dim, 4), f32.mul(f32.load(at(query, dim, 4)), scaled)))
      })
    },
    emitScores(f, { keys, queries, scores, headDim, padded }) {
      const position = f.local('i32')
      const key = f.local('ptr', keys)
      const sums = tileSums(f, queries.length)
      const places = queries.map(() => f.local('ptr'))
      f.for(position, i32.const(0), padded, panelPositions, () => {
        for (const sum of sums.flat()) f.set(sum, f32x4.splatConst(0))
        places.forEach((place, i) => f.set(place, queries[i]))
        emitProducts(
          f,
          load,
          { vectors: key, strideBytes: ptr.const(panelPositions * bytes), factors: places, count: i32.const(headDim) },
          sums,
        )
        storeRows(f, scores, position, sums)
      })
    },
    emitValues(f, { values, weights, outputs, headDim, present }) {
      const column = f.local('i32')
      const value = f.local('ptr')
      const sums = tileSums(f, outputs.length)
      const places = weights.map(() => f.local('ptr'))
      f.for(column, i32.const(0), i32.const(roundUp16(headDim)), 16, () => {
        loadRows(f, outputs, column, sums)
        f.set(value, at(values, column, pagePositions * bytes))
        places.forEach((place, i) => f.set(place, weights[i]))
        emitProducts(
          f,
          load,
          { vectors: value, strideBytes: ptr.const(panelDims * bytes), factors: places, count: present },
          sums,
        )
        storeRows(f, outputs, column, sums)
      })
    },
  }
}

/** Iterations that share one round of address arithmetic. */
const unrolled = 4

/** sums[i] += vector[k] * factors[i][k] for k below `count`; moves all addresses on. */
function emitProducts(
  f: FunctionBuilder,
  load: Element['load'],
  from: {
    readonly vectors: Local<'ptr'>
    readonly strideBytes: Ptr
    readonly factors: readonly Local<'ptr'>[]
    readonly count: I32
  },
  sums: Sums,
): void {
  const index = f.local('i32')
  const vectors = lanes.map(() => f.local('v128'))
  const multiply = (offset: number) => {
    vectors.forEach((vector, lane) => f.set(vector, load(from.vectors, lane)))
    sums.forEach((row, i) => {
      const factor = f.local('v128', v128.load32Splat(from.factors[i], offset))
      row.forEach((sum, lane) => f.set(sum, f32x4.madd(vectors[lane], factor, sum)))
    })
    f.set(from.vectors, ptr.add(from.vectors, from.strideBytes))
  }
  const whole = f.local('i32', i32.and(from.count, i32.const(-unrolled)))
  f.for(index, i32.const(0), whole, unrolled, () => {
    for (let part = 0; part < unrolled; part++) multiply(part * 4)
    for (const place of from.factors) f.set(place, ptr.add(place, ptr.const(unrolled * 4)))
  })
  f.for(index, whole, from.count, 1, () => {
    multiply(0)
    for (const place of from.factors) f.set(place, ptr.add(place, ptr.const(4)))
  })
}

type Sums = ReturnType<typeof tileSums>

/** rows[i][column ..] = sums[i]. One address per row, or V8 does not see that the stores are adjacent. */
export function storeRows(f: FunctionBuilder, rows: readonly Ptr[], column: I32, sums: Sums): void {
  sums.forEach((row, i) => {
    const target = f.local('ptr', at(rows[i], column, 4))
    row.forEach((sum, lane) => f.do(v128.store(target, sum, lane * 16)))
  })
}

/** sums[i] = rows[i][column ..]. */
export function loadRows(f: FunctionBuilder, rows: readonly Ptr[], column: I32, sums: Sums): void {
  sums.forEach((row, i) => {
    const source = f.local('ptr', at(rows[i], column, 4))
    row.forEach((sum, lane) => f.set(sum, v128.load(source, lane * 16)))
  })
}

/** f16 bits of a value, rounded to nearest even; beyond the largest f16 it becomes that. */
function halfBits(f: FunctionBuilder, value: F32): I32 {
  const x = f.local('f32', value)
  const small = f32.mul(f32.min(f32.abs(x), f32.const(65504)), f32.const(2 ** -112))
  const bits = f.local('i32', i32.reinterpret(small))
  const odd = i32.and(i32.shrU(bits, i32.const(13)), i32.const(1))
  const rounded = i32.shrU(i32.add(i32.add(bits, i32.const(0xfff)), odd), i32.const(13))
  return i32.or(rounded, i32.and(i32.shrU(i32.reinterpret(x), i32.const(16)), i32.const(0x8000)))
}
